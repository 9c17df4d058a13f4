"""Reads what NetSuite already has, in bulk: a query for a thousand records, never a call for each.

Every SuiteQL query stands in a file of its own in ``queries/``: names of tables and columns differ
between accounts more than anything else here, so they must be easy to change.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cartage.errors import RetryableError
from cartage.systems.netsuite.suiteql import in_chunks, in_list, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Executor
    from datetime import datetime

    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.suiteql import Row

QUERIES = Path(__file__).parent / "queries"
_KEY = "-- key:"
TRIES = 3
"""How often rows are read and counted before the task is to be tried again later."""
CHUNK = 500
"""Values in one query: external ids have up to 100 characters, and a query stays well under 64 kB."""


@lru_cache
def query(name: str, folder: Path = QUERIES) -> tuple[str, tuple[str, ...]]:
    """Give the text of ``{folder}/{name}.sql``, its comments left out, and the columns to page by.

    A first line ``-- key: a, b`` names the columns that no two rows share; without it that is ``id``.
    """
    lines = (folder / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    key = lines[0].removeprefix(_KEY).split(",") if lines[0].startswith(_KEY) else ["id"]
    text = "\n".join(line for line in lines if not line.lstrip().startswith("--")).strip()
    return text, tuple(each.strip() for each in key)


@dataclass(frozen=True)
class FoundOrder:
    """A sales order that NetSuite has.

    Attributes:
        id: internal id.
        number: document number (tranid).
        external_id: lower-cased, or None.
        entity: internal id of its customer.
        other_ref_num: the shop's number, as any connector writes it.
        subsidiary: internal id.
        currency: internal id.
        total: in its currency; SuiteQL gives it without a sign on sales orders.
        mark: what Cartage wrote into ``custbody_ctg_hash``; None when Cartage never wrote it.
        version: version of the shop's order that was applied last.
    """

    id: str
    number: str | None
    external_id: str | None
    entity: str | None
    other_ref_num: str | None
    subsidiary: str | None
    currency: str | None
    total: Decimal | None
    mark: str | None
    version: str | None

    @classmethod
    def of(cls, row: Row) -> FoundOrder:
        """Read a row of ``orders_by_*``."""
        total = row.get("foreigntotal")
        return cls(
            id=str(row["id"]),
            number=row.get("tranid"),
            external_id=(row.get("externalid") or "").lower() or None,
            entity=row.get("entity"),
            other_ref_num=row.get("otherrefnum"),
            subsidiary=row.get("subsidiary"),
            currency=row.get("currency"),
            total=Decimal(total) if total else None,
            mark=row.get("custbody_ctg_hash"),
            version=row.get("custbody_ctg_version"),
        )


@dataclass(frozen=True)
class Totals:
    """What NetSuite came to for a sales order, read back."""

    id: str
    number: str | None
    total: Decimal
    tax: Decimal
    shipping: Decimal


class Reader:
    """Bulk look-ups over SuiteQL.

    Args:
        hook: NetSuite's transport.
        executor: where portions of one look-up run side by side; None runs them one after the other.
        queries: folder of the queries.
    """

    def __init__(self, hook: NetSuiteHook, executor: Executor | None = None, queries: Path = QUERIES) -> None:
        self._hook = hook
        self._executor = executor
        self._queries = queries

    def rows(self, name: str, values: Iterable[str], **literals: str) -> list[Row]:
        """Give all rows of ``queries/{name}.sql`` for these values.

        Args:
            name: the query; ``{values}`` in it stands for the list.
            values: keys to look for; any number, cut into portions.
            literals: other placeholders of the query, written as quoted literals.
        """
        portions = [(name, {**literals, "values": in_list(portion)}) for portion in in_chunks(values, CHUNK)]
        if self._executor is None or len(portions) == 1:
            found = [self._run(*portion) for portion in portions]
        else:
            found = list(self._executor.map(lambda portion: self._run(*portion), portions))
        return [row for rows in found for row in rows]

    def together(self, wanted: Mapping[str, Iterable[str]]) -> dict[str, list[Row]]:
        """Run several look-ups side by side: values by query name; gives rows by query name."""
        portions = [
            (name, {"values": in_list(portion)})
            for name, values in wanted.items()
            for portion in in_chunks(values, CHUNK)
        ]
        run: Callable[[tuple[str, dict[str, str]]], list[Row]] = lambda portion: self._run(*portion)  # noqa: E731
        answers: Iterator[list[Row]] = (
            self._executor.map(run, portions) if self._executor is not None else map(run, portions)
        )
        found: dict[str, list[Row]] = {name: [] for name in wanted}
        for (name, _), rows in zip(portions, answers, strict=True):
            found[name].extend(rows)
        return found

    def all(self, name: str, **literals: str | datetime) -> list[Row]:
        """Give all rows of a query that takes no list."""
        return self._run(name, {key: quote(value) for key, value in literals.items()})

    def orders_by_external_id(self, external_ids: Iterable[str]) -> dict[str, FoundOrder]:
        """Give the sales orders that have one of these external ids, by lower-cased external id."""
        rows = self.rows("orders_by_external_id", (each.lower() for each in external_ids))
        orders = map(FoundOrder.of, rows)
        return {order.external_id: order for order in orders if order.external_id}

    def ids_by_external_id(self, name: str, external_ids: Iterable[str]) -> dict[str, Row]:
        """Give rows of ``queries/{name}.sql`` by their lower-cased external id."""
        rows = self.rows(name, (each.lower() for each in external_ids))
        return {(row.get("externalid") or "").lower(): row for row in rows}

    def totals(self, ids: Iterable[str]) -> dict[str, Totals]:
        """Read back what NetSuite came to, by internal id."""
        found = {}
        for row in self.rows("order_totals", ids):
            amounts = (Decimal(row.get(name) or 0) for name in ("total", "tax", "shipping"))
            found[str(row["id"])] = Totals(str(row["id"]), row.get("tranid"), *amounts)
        return found

    def _run(self, name: str, literals: Mapping[str, str]) -> list[Row]:
        text, key = self._text(name, literals)
        return list(self._hook.suiteql(text, key=key))

    def _text(self, name: str, literals: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """Give a query with its placeholders filled, and the columns to page by."""
        text, key = query(name, self._queries)
        for placeholder, literal in literals.items():
            text = text.replace("{" + placeholder + "}", literal)
        return text, key


class CountingReader(Reader):
    """A reader that proves that no row is missing: pages of SuiteQL may lose some when many people work in the account.

    It costs a second, small request for each query, where a missing row would be a wrong answer.
    """

    def _run(self, name: str, literals: Mapping[str, str]) -> list[Row]:
        text, _ = self._text(name, literals)
        for _ in range(TRIES):
            rows = super()._run(name, literals)
            counted = self._hook.suiteql(f"SELECT COUNT(*) AS n FROM ({text})", key="n")  # noqa: S608, values are quoted
            if len(rows) == int(next(iter(counted), {}).get("n") or 0):
                return rows
        raise RetryableError(
            f"SuiteQL: the rows of {name} are not as many as NetSuite counts; they are read again later"
        )
