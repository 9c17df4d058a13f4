"""Cross-references: which id of the shop is which id of the ERP."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import cross_references

if TYPE_CHECKING:
    from collections.abc import Iterable

REFERENCES = 1_000
"""References a transaction and a query."""


@dataclass(frozen=True)
class CrossReference:
    """One thing under both its names.

    Attributes:
        shop_id: the shop's id of it: an order's key, a customer number, a sku.
        erp_id: the ERP's internal id.
        erp_number: the number that people in the ERP see, when it has one.
    """

    shop_id: str
    erp_id: str
    erp_number: str | None = None


class CrossReferences:
    """The cross-references of all integrations, by kind (order, customer, item …)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, integration: str, kind: str, references: Iterable[CrossReference]) -> None:
        """Note references; a shop id that is known already takes the new ERP id."""
        same = {"integration": integration, "kind": kind, "changed_at": datetime.now(UTC)}
        by_id = {each.shop_id: asdict(each) for each in references}
        for part in chunks([by_id[each] for each in sorted(by_id)], REFERENCES):
            with self._database.write() as connection:
                rowsets.upsert(connection, cross_references, part, same, update=("erp_id", "erp_number", "changed_at"))

    def by_shop_id(self, integration: str, kind: str, shop_ids: Iterable[str]) -> dict[str, CrossReference]:
        """Give what the ERP calls these, by shop id."""
        return {each.shop_id: each for each in self._find(integration, kind, "shop_id", shop_ids)}

    def by_erp_id(self, integration: str, kind: str, erp_ids: Iterable[str]) -> dict[str, CrossReference]:
        """Give what the shop calls these, by ERP id."""
        return {each.erp_id: each for each in self._find(integration, kind, "erp_id", erp_ids)}

    def _find(self, integration: str, kind: str, by: str, ids: Iterable[str]) -> list[CrossReference]:
        columns = [cross_references.c[each] for each in ("shop_id", "erp_id", "erp_number")]
        query = sa.select(*columns).where(
            cross_references.c.integration == integration, cross_references.c.kind == kind
        )
        found: list[CrossReference] = []
        with self._database.read() as connection:
            for part in chunks(sorted(set(ids)), REFERENCES):
                rows = connection.execute(query.where(cross_references.c[by].in_(part)))
                found += [CrossReference(*row) for row in rows]
        return found
