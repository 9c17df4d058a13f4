"""SuiteQL: parsed as Oracle's SQL, rewritten for SQLite, and really executed.

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_157909186990.html
"""

from __future__ import annotations

import re
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import SqlglotError

from sandbox.netsuite import suiteql_functions as functions
from sandbox.netsuite.answers import Refusal

if TYPE_CHECKING:
    from sandbox.netsuite.auth import Login
    from sandbox.netsuite.store import Store

MOST_ROWS = 100_000
PAGE = 1000

_TABLE_PERMISSIONS = {
    "customer": "LIST_CUSTJOB", "contact": "LIST_CONTACT", "transaction": "TRAN_FIND", "transactionline": "TRAN_FIND",
    "customersubsidiaryrelationship": "LIST_ENTITYSUBSIDIARYRELATION", "item": "LIST_ITEM", "pricing": "LIST_ITEM",
    "aggregateitemlocation": "LIST_ITEM", "location": "LIST_LOCATION", "subsidiary": "LIST_SUBSIDIARY",
    "account": "LIST_ACCOUNT", "currency": "LIST_CURRENCY", "salestaxitem": "LIST_TAXITEM", "shipitem": "LIST_SHIPITEM",
    "paymentmethod": "ADMI_ACCOUNTINGLIST", "pricelevel": "ADMI_ACCOUNTINGLIST", "accountingperiod": "ADMI_ACCTPERIODS",
}  # fmt: skip

_DISPLAY = {
    "entity": ("entity", "altname"), "customer": ("entity", "altname"), "item": ("item", "itemid"),
    "location": ("location", "name"), "subsidiary": ("subsidiary", "name"), "currency": ("currency", "symbol"),
    "pricelevel": ("pricelevel", "name"), "price": ("pricelevel", "name"), "account": ("account", "accountsearchdisplayname"),
    "shipmethod": ("shipitem", "itemid"), "createdfrom": ("transaction", "tranid"), "transaction": ("transaction", "tranid"),
    "taxcode": ("salestaxitem", "name"), "parent": ("customer", "altname"),
}  # fmt: skip
"""What BUILTIN.DF shows for a column: table and its column."""


class _Backticks(SQLite):
    """SQLite with backticks: SQLite takes a double-quoted name it does not know for a text."""

    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ["`"]


@dataclass(frozen=True)
class Page:
    """Rows of a query, as NetSuite writes them, and how many the whole result has."""

    rows: list[dict[str, Any]]
    total: int


class SuiteQL:
    """Runs queries on a connection of its own that cannot write."""

    def __init__(self, store: Store) -> None:
        self._columns = store.columns
        self._dates = frozenset(
            name for fields in store.columns.values() for name, kind in fields.items() if kind == "D"
        )
        self._db = store.reader()
        self._db.execute("PRAGMA case_sensitive_like = ON")
        functions.register(self._db)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def run(self, text: str, limit: int, offset: int, login: Login) -> Page:
        """Run a query and give one page of its result.

        Raises:
            Refusal: 400 INVALID_PARAMETER, what is wrong with the query; 403, the role may not read a table.
        """
        tree = self._parse(text)
        for table in tree.find_all(exp.Table):
            permission = _TABLE_PERMISSIONS.get(table.name.lower())
            if permission:
                login.require(permission, "VIEW")
        names, dates = self._names(tree), self._date_places(tree)
        sql = self._translate(tree).sql(dialect=_Backticks, identify=True)
        limit = max(0, min(limit, MOST_ROWS - offset))
        try:
            with self._lock:
                total = self._db.execute(f"SELECT COUNT(*) FROM ({sql})").fetchone()[0]  # noqa: S608 - read-only connection
                cursor = self._db.execute(f"SELECT * FROM ({sql}) LIMIT ? OFFSET ?", (limit, offset))  # noqa: S608
                described = [each[0].lower() for each in cursor.description]
                found = cursor.fetchall()
        except (sqlite3.Error, OverflowError) as wrong:
            raise _refused(_explain(str(wrong))) from None
        keys = names or described
        date_keys = dates if names else {at for at, name in enumerate(described) if name in self._dates}
        rows = [self._row(keys, values, date_keys) for values in found]
        return Page(rows, min(total, MOST_ROWS))

    def _row(self, keys: list[str], values: tuple[Any, ...], dates: set[int]) -> dict[str, Any]:
        row: dict[str, Any] = {"links": []}
        for at, (key, value) in enumerate(zip(keys, values, strict=True)):
            if value is not None:
                row[key] = functions.shown(value, date=at in dates)
        return row

    def _parse(self, text: str) -> exp.Expr:
        try:
            trees = sqlglot.parse(text, read="oracle")
        except SqlglotError as wrong:
            raise _refused(f"syntax error: {str(wrong).splitlines()[0]}") from None
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            raise _refused("only a single SELECT is supported")
        tree: exp.Expr = trees[0]
        if re.search(r"\blimit\s+\d", text, re.IGNORECASE):
            raise _refused("LIMIT is not supported; use FETCH FIRST n ROWS ONLY, or limit and offset of the request")
        named = {each.alias.lower() for each in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if (table.name.lower() not in self._columns and table.name.lower() not in named) or table.db:
                raise _refused(f"Record '{table.sql()}' was not found")
        if any(column.args.get("join_mark") for column in tree.find_all(exp.Column)):
            raise _refused("the (+) operator is not supported here; use LEFT JOIN")
        return tree

    def _names(self, tree: exp.Expr) -> list[str]:
        """Give the keys of the rows; empty when a star stands among them."""
        assert isinstance(tree, exp.Query)
        projections = tree.selects
        if any(each.find(exp.Star) and not each.find(exp.Count) for each in projections):
            return []
        return [
            (each.alias or _column_name(each) or f"expr{at}").lower() for at, each in enumerate(projections, start=1)
        ]

    def _date_places(self, tree: exp.Expr) -> set[int]:
        assert isinstance(tree, exp.Query)
        return {at for at, each in enumerate(tree.selects) if self._is_date(each.unalias())}

    def _is_date(self, node: exp.Expr) -> bool:
        if isinstance(node, exp.Column):
            return node.name.lower() in self._dates
        if isinstance(node, exp.Max | exp.Min | exp.Coalesce | exp.Paren):
            return self._is_date(node.this)
        return isinstance(node, exp.StrToDate | exp.StrToTime | exp.CurrentTimestamp | exp.CurrentDate)

    def _translate(self, tree: exp.Expr) -> exp.Expr:
        for select in list(tree.find_all(exp.Select)):
            _row_numbers(select)
        for node in list(tree.walk()):
            self._date_literal(node)
        return tree.transform(_rewrite)

    def _date_literal(self, node: exp.Expr) -> None:
        """A bare text beside a date is read in the user's format, as NetSuite does, so that a wrong one shows."""
        if not isinstance(node, exp.EQ | exp.NEQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Between):
            return
        sides = list(node.iter_expressions())
        if any(self._is_date(side) for side in sides):
            for side in sides:
                if isinstance(side, exp.Literal) and side.is_string:
                    day = functions.user_date(side.this)
                    if day is None:
                        raise _refused(
                            f"Invalid date '{side.this}': write TO_DATE(text, format) or the user's format M/D/YYYY"
                        )
                    side.replace(exp.Literal.string(day))


def _rewrite(node: exp.Expr) -> exp.Expr:
    """Replace what SQLite does not know by the functions it was given."""
    if isinstance(node, exp.StrToDate | exp.StrToTime):
        if node.args.get("format") is None:
            raise _refused("TO_DATE and TO_TIMESTAMP need a format")
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
    return _display(node.args["expression"]) if is_builtin else node


def _column_name(node: exp.Expr) -> str:
    return node.name if isinstance(node, exp.Column) else ""


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=list(arguments))


def _display(call: exp.Expr) -> exp.Expr:
    """Replace BUILTIN.DF(column) by a look-up of what a person would see."""
    if not isinstance(call, exp.Anonymous) or call.name.upper() != "DF" or len(call.expressions) != 1:
        raise _refused(f"BUILTIN.{call.name} is not supported here")
    column: exp.Expr = call.expressions[0]
    name = column.name.lower()
    if name == "status":
        kind = exp.column("type", table=column.args.get("table"))
        return _call("ns_status", kind, column)
    if name not in _DISPLAY:
        return exp.Paren(this=column)
    table, shown = _DISPLAY[name]
    lookup = exp.select(exp.column(shown, table="df")).from_(exp.alias_(exp.to_table(table), "df", table=True))
    return exp.Subquery(this=lookup.where(exp.EQ(this=exp.column("id", table="df"), expression=column.copy())))


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


def _refused(detail: str) -> Refusal:
    return Refusal(
        "INVALID_PARAMETER",
        f"Invalid search query. Detailed unprocessed description follows. Search error occurred: {detail}.", parameter="q",
    )  # fmt: skip


def _explain(message: str) -> str:
    match = re.search(r"no such column: (?:(\S+)\.)?(\S+)", message)
    if match:
        return f"Field '{match.group(2)}' for record '{match.group(1) or 'unknown'}' was not found. Reason: REMOVED - Field is removed"
    return f"Invalid or unsupported search ({message})"
