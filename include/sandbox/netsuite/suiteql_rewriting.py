"""SuiteQL's words in SQLite's: dates in the account's zone, Oracle's functions, BUILTIN, ROWNUM, statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.netsuite import suiteql_functions as functions
from sandbox.netsuite.answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DISPLAY = {
    "entity": ("entity", "altname"), "customer": ("entity", "altname"), "item": ("item", "itemid"),
    "parentitem": ("item", "itemid"), "location": ("location", "name"), "subsidiary": ("subsidiary", "name"),
    "currency": ("currency", "symbol"), "pricelevel": ("pricelevel", "name"), "price": ("pricelevel", "name"),
    "level": ("pricelevel", "name"), "pricinggroup": ("pricinggroup", "name"), "group": ("pricinggroup", "name"),
    "class": ("classification", "name"), "account": ("account", "accountsearchdisplayname"),
    "shipmethod": ("shipitem", "itemid"), "createdfrom": ("transaction", "tranid"), "transaction": ("transaction", "tranid"),
    "taxcode": ("salestaxitem", "name"), "parent": ("customer", "altname"),
}  # fmt: skip
"""What BUILTIN.DF shows for a column: table and its column."""

_WORDS = {
    "locationtype": {"1": "Store", "2": "Warehouse"},
    "itemtype": {"InvtPart": "Inventory Item", "Assembly": "Assembly/Bill of Materials", "Kit": "Kit/Package",
                 "NonInvtPart": "Non-inventory Item", "OthCharge": "Other Charge", "Discount": "Discount",
                 "GiftCert": "Gift Certificate"},
}  # fmt: skip
"""What BUILTIN.DF shows for the values of a column."""

_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between)


def refused(detail: str) -> Refusal:
    """Give the refusal of a query, in NetSuite's words."""
    return Refusal(
        "INVALID_PARAMETER",
        f"Invalid search query. Detailed unprocessed description follows. Search error occurred: {detail}.", parameter="q",
    )  # fmt: skip


class Rewriter:
    """Rewrites parsed queries.

    Args:
        tables: SuiteQL's tables, their columns and type letters.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, str]]) -> None:
        self._tables = tables
        letters = [(name, letter) for fields in tables.values() for name, letter in fields.items()]
        self.dates = frozenset(name for name, letter in letters if letter in ("D", "M"))
        self.moments = frozenset(name for name, letter in letters if letter == "M")

    def rewrite(self, tree: exp.Expr, *, local: bool, shuffle: bool) -> exp.Expr:
        """Give a query that SQLite understands.

        Args:
            tree: the query; it is changed.
            local: whether the account's zone is another than UTC, in which moments are stored.
            shuffle: whether rows that the query's order leaves equal come in another order each time.

        Raises:
            Refusal: a word or a date is not understood.
        """
        for select in list(tree.find_all(exp.Select)):
            _row_numbers(select)
        for node in list(tree.walk()):
            self._date_literal(node)
            _full_status(node)
        if local:
            for column in list(self._stored_moments(tree)):
                _localize(column)
        for node in reversed(list(tree.walk())):
            written = _rewrite(node)
            if written is not node:
                node.replace(written)
        return _shuffled(tree) if shuffle else tree

    def is_date(self, node: exp.Expr) -> bool:
        """Whether an expression is a date or a moment."""
        if isinstance(node, exp.Column):
            return node.name.lower() in self.dates
        if isinstance(node, exp.Max | exp.Min | exp.Coalesce | exp.Paren):
            return self.is_date(node.this)
        return isinstance(node, exp.StrToDate | exp.StrToTime | exp.CurrentTimestamp | exp.CurrentDate)

    def _date_literal(self, node: exp.Expr) -> None:
        """A bare text beside a date is read in the user's format, as NetSuite does, so that a wrong one shows."""
        if not isinstance(node, _COMPARISONS):
            return
        sides = list(node.iter_expressions())
        if any(isinstance(side, exp.Tuple) for side in sides) and not isinstance(node, exp.EQ | exp.NEQ):
            raise refused("several columns cannot be compared with < or >")
        if any(self.is_date(side) for side in sides):
            for side in sides:
                if isinstance(side, exp.Literal) and side.is_string:
                    day = functions.user_date(side.this)
                    if day is None:
                        raise refused(
                            f"Invalid date '{side.this}': write TO_DATE(text, format) or the user's format M/D/YYYY"
                        )
                    side.replace(exp.Literal.string(day))

    def _stored_moments(self, tree: exp.Expr) -> Iterator[exp.Column]:
        """Find the columns that are read from a table as they are stored, not through a sub-query's result."""
        for column in tree.find_all(exp.Column):
            select = column.parent_select
            if column.name.lower() not in self.moments or not isinstance(select, exp.Select):
                continue
            sources = {
                each.alias_or_name: each for each in select.find_all(exp.Table, exp.Subquery)
                if each.parent_select is select and isinstance(each.parent, exp.From | exp.Join)
            }  # fmt: skip
            named = [sources[column.table]] if column.table in sources else list(sources.values())
            if all(isinstance(each, exp.Table) and each.name.lower() in self._tables for each in named):
                yield column


def _rewrite(node: exp.Expr) -> exp.Expr:
    """Replace what SQLite does not know by the functions it was given."""
    if isinstance(node, exp.StrToDate | exp.StrToTime):
        if node.args.get("format") is None:
            raise refused("TO_DATE and TO_TIMESTAMP need a format")
        return _call("ns_parse", node.this, node.args["format"])
    if isinstance(node, exp.ToChar | exp.TimeToStr):
        return _call("ns_format", *filter(None, (node.this, node.args.get("format"))))
    if isinstance(node, exp.CurrentTimestamp | exp.CurrentDate):
        return _call("ns_now")
    if isinstance(node, exp.DateTrunc | exp.TimestampTrunc):
        return _call("ns_day", node.this)
    if isinstance(node, exp.Anonymous) and node.name.upper() == "TRUNC":
        return _call("ns_day", node.expressions[0])
    is_builtin = isinstance(node, exp.Dot) and node.this.name.upper() == "BUILTIN"
    return _builtin(node.args["expression"]) if is_builtin else node


def _localize(column: exp.Column) -> None:
    """Bring a moment into the account's zone; what a sub-query gives keeps its name."""
    here = _call("ns_local", column.copy())
    is_result = isinstance(column.parent, exp.Select) and column.arg_key == "expressions"
    column.replace(exp.alias_(here, column.name) if is_result else here)


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _builtin(call: exp.Expr) -> exp.Expr:
    """Replace BUILTIN.DF(column) by a look-up of what a person would see, BUILTIN.CF(status) by its long form."""
    name = call.name.upper()
    if not isinstance(call, exp.Anonymous) or name not in ("DF", "CF") or len(call.expressions) != 1:
        raise refused(f"BUILTIN.{call.name} is not supported here")
    inner: exp.Expr = call.expressions[0]
    column = inner.expressions[0] if isinstance(inner, exp.Anonymous) and inner.name == "ns_local" else inner
    if column.name.lower() == "status":
        return _call("ns_status", _type_beside(column), column) if name == "DF" else _long_status(column)
    return _display(column, inner) if name == "DF" else exp.Paren(this=inner)


def _display(column: exp.Expr, shown_as: exp.Expr) -> exp.Expr:
    name = column.name.lower()
    if name in _WORDS:
        cases = [exp.If(this=exp.EQ(this=column.copy(), expression=exp.Literal.string(value)), true=exp.Literal.string(words))
                 for value, words in _WORDS[name].items()]  # fmt: skip
        return exp.Case(ifs=cases, default=column.copy())
    if name not in _DISPLAY:
        return exp.Paren(this=shown_as)
    table, shown = _DISPLAY[name]
    lookup = exp.select(exp.column(shown, table="df")).from_(exp.alias_(exp.to_table(table), "df", table=True))
    return exp.Subquery(this=lookup.where(exp.EQ(this=exp.column("id", table="df"), expression=column.copy())))


def _type_beside(status: exp.Expr) -> exp.Expr:
    return exp.column("type", table=status.args.get("table"))


def _long_status(status: exp.Expr) -> exp.Expr:
    """Give a status as NetSuite keeps it: type and letter, ``SalesOrd:B``."""
    return exp.Paren(this=exp.DPipe(this=exp.DPipe(this=_type_beside(status), expression=exp.Literal.string(":")),
                                    expression=status.copy()))  # fmt: skip


def _full_status(node: exp.Expr) -> None:
    """A status may be compared with its letter or with its long form; the long form knows the type."""
    if not isinstance(node, exp.EQ | exp.NEQ | exp.In):
        return
    column = node.this
    values = node.expressions if isinstance(node, exp.In) else [node.expression]
    is_long = any(isinstance(each, exp.Literal) and ":" in each.this for each in values)
    if is_long and isinstance(column, exp.Column) and column.name.lower() == "status":
        column.replace(_long_status(column))


def _shuffled(tree: exp.Expr) -> exp.Expr:
    """Order what the query leaves unordered by chance."""
    by_chance = exp.Ordered(this=_call("random"))
    if not isinstance(tree, exp.Select):
        order = tree.args.get("order")
        tree.set("order", None)
        assert isinstance(tree, exp.Query)
        tree = exp.select("*").from_(tree.subquery("pages"))
        tree.set("order", order)
    order = tree.args.get("order")
    if order is None:
        tree.set("order", exp.Order(expressions=[by_chance]))
    else:
        order.append("expressions", by_chance)
    return tree


def _row_numbers(select: exp.Select) -> None:
    """Turn ``WHERE ROWNUM <= n`` into a limit; ROWNUM elsewhere into a row number."""
    where = select.args.get("where")
    kept = []
    for part in (
        list(where.this.flatten()) if where and isinstance(where.this, exp.And) else [where.this] if where else []
    ):
        compared = isinstance(part, exp.LTE | exp.LT | exp.EQ) and _is_rownum(part.this)
        if not compared:
            kept.append(part)
            continue
        limit = int(part.expression.name) - (1 if isinstance(part, exp.LT) else 0)
        select.limit(limit, copy=False)
    if where is not None and len(kept) < len(list(where.this.flatten()) if isinstance(where.this, exp.And) else [1]):
        select.set("where", exp.Where(this=exp.and_(*kept)) if kept else None)
    for column in [each for each in select.find_all(exp.Column, exp.Pseudocolumn) if _is_rownum(each)]:
        if column.parent_select is select:
            column.replace(exp.Window(this=exp.RowNumber()))


def _is_rownum(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column | exp.Pseudocolumn) and node.name.upper() == "ROWNUM"
