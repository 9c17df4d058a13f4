"""SuiteQL: parsed as Oracle's SQL, rewritten for SQLite, and really executed.

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_157909186990.html
"""

from __future__ import annotations

import re
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import sqlglot
from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import SqlglotError

from sandbox.netsuite import suiteql_functions as functions
from sandbox.netsuite.answers import Refusal
from sandbox.netsuite.suiteql_rewriting import Rewriter, refused

if TYPE_CHECKING:
    from sandbox.netsuite.auth import Login
    from sandbox.netsuite.control import Control
    from sandbox.netsuite.store import Store

MOST_ROWS = 100_000
PAGE = 1000

_TABLE_PERMISSIONS = {
    "customer": "LIST_CUSTJOB", "contact": "LIST_CONTACT", "transaction": "TRAN_FIND", "transactionline": "TRAN_FIND",
    "customeritempricing": "LIST_CUSTJOB", "customergrouppricing": "LIST_CUSTJOB", "trackingnumber": "TRAN_ITEMSHIP",
    "trackingnumbermap": "TRAN_ITEMSHIP", "customersubsidiaryrelationship": "LIST_ENTITYSUBSIDIARYRELATION",
    "item": "LIST_ITEM", "pricing": "LIST_ITEM", "itemprice": "LIST_ITEM", "kititemmember": "LIST_ITEM",
    "aggregateitemlocation": "LIST_ITEM", "inventoryitemlocations": "LIST_ITEM", "assemblyitemlocations": "LIST_ITEM",
    "location": "LIST_LOCATION", "locationmainaddress": "LIST_LOCATION", "locationsubsidiarymap": "LIST_LOCATION",
    "subsidiary": "LIST_SUBSIDIARY", "classification": "LIST_CLASS", "account": "LIST_ACCOUNT",
    "currency": "LIST_CURRENCY", "salestaxitem": "LIST_TAXITEM", "shipitem": "LIST_SHIPITEM",
    "paymentmethod": "ADMI_ACCOUNTINGLIST", "pricelevel": "ADMI_ACCOUNTINGLIST", "pricinggroup": "ADMI_ACCOUNTINGLIST",
    "accountingperiod": "ADMI_ACCTPERIODS",
}  # fmt: skip


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
    """Runs queries on a connection of its own that cannot write.

    Args:
        store: the account's records.
        control: says the account's zone, and whether ties are shuffled.
    """

    def __init__(self, store: Store, control: Control) -> None:
        self._columns = store.columns
        self._control = control
        self._rewriter = Rewriter(store.columns)
        self._db = store.reader()
        self._db.execute("PRAGMA case_sensitive_like = ON")
        functions.register(self._db, lambda: ZoneInfo(control.time_zone))
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def run(self, text: str, limit: int, offset: int, login: Login) -> Page:
        """Run a query and give one page of its result.

        Raises:
            Refusal: 400 INVALID_PARAMETER, what is wrong with the query, or the page begins past the last row
                that a result may have; 403, the role may not read a table.
        """
        if offset >= MOST_ROWS:
            raise Refusal(
                "INVALID_PARAMETER", f"Invalid query parameter 'offset': a result has at most {MOST_ROWS} rows.",
                parameter="offset",
            )  # fmt: skip
        tree = self._parse(text)
        for table in tree.find_all(exp.Table):
            permission = _TABLE_PERMISSIONS.get(table.name.lower())
            if permission:
                login.require(permission, "VIEW")
        names, dates = self._names(tree), self._date_places(tree)
        local = self._control.time_zone != "UTC"
        rewritten = self._rewriter.rewrite(tree, local=local, shuffle=self._control.shuffle_ties)
        total, described, found = self._execute(rewritten, min(limit, MOST_ROWS - offset), offset)
        keys = names or described
        if names:
            return Page([_row(keys, values, dates) for values in found], total)
        dates = {at for at, name in enumerate(described) if name in self._rewriter.dates}
        stored = {at for at, name in enumerate(described) if local and name in self._rewriter.moments}
        shown = [
            tuple(functions.local(value, self._control.time_zone) if at in stored else value for at, value in enumerate(values))
            for values in found
        ]  # fmt: skip
        return Page([_row(keys, values, dates) for values in shown], total)

    def _execute(self, tree: exp.Expr, limit: int, offset: int) -> tuple[int, list[str], list[tuple[Any, ...]]]:
        """Give how many rows there are, MOST_ROWS at most, the columns, and a page of rows."""
        sql = tree.sql(dialect=_Backticks, identify=True)
        unordered = tree.copy()
        unordered.set("order", None)
        counted = unordered.sql(dialect=_Backticks, identify=True)
        try:
            with self._lock:
                cursor = self._db.execute(f"SELECT * FROM ({sql}) LIMIT ? OFFSET ?", (limit, offset))  # noqa: S608 - read-only connection
                described = [each[0].lower() for each in cursor.description]
                found = cursor.fetchall()
                total = offset + len(found)
                if len(found) == limit or not found:
                    count = f"SELECT COUNT(*) FROM (SELECT 1 FROM ({counted}) LIMIT {MOST_ROWS})"  # noqa: S608
                    total = self._db.execute(count).fetchone()[0]
        except (sqlite3.Error, OverflowError) as wrong:
            raise refused(_explain(str(wrong))) from None
        return total, described, found

    def _parse(self, text: str) -> exp.Expr:
        try:
            trees = sqlglot.parse(text, read="oracle")
        except SqlglotError as wrong:
            raise refused(f"syntax error: {str(wrong).splitlines()[0]}") from None
        if len(trees) != 1 or not isinstance(trees[0], exp.Query):
            raise refused("only a single SELECT is supported")
        tree: exp.Expr = trees[0]
        if re.search(r"\blimit\s+\d", text, re.IGNORECASE):
            raise refused("LIMIT is not supported; use FETCH FIRST n ROWS ONLY, or limit and offset of the request")
        named = {each.alias.lower() for each in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if (table.name.lower() not in self._columns and table.name.lower() not in named) or table.db:
                raise refused(f"Record '{table.sql()}' was not found")
        if any(column.args.get("join_mark") for column in tree.find_all(exp.Column)):
            raise refused("the (+) operator is not supported here; use LEFT JOIN")
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
        return {at for at, each in enumerate(tree.selects) if self._rewriter.is_date(each.unalias())}


def _row(keys: list[str], values: tuple[Any, ...], dates: set[int]) -> dict[str, Any]:
    row: dict[str, Any] = {"links": []}
    for at, (key, value) in enumerate(zip(keys, values, strict=True)):
        if value is not None:
            row[key] = functions.shown(value, date=at in dates)
    return row


def _column_name(node: exp.Expr) -> str:
    return node.name if isinstance(node, exp.Column) else ""


def _explain(message: str) -> str:
    match = re.search(r"no such column: (?:(\S+)\.)?(\S+)", message)
    if match:
        return f"Field '{match.group(2)}' for record '{match.group(1) or 'unknown'}' was not found. Reason: REMOVED - Field is removed"
    return f"Invalid or unsupported search ({message})"
