"""Plans: what a dry run found it would send. They touch no record's state."""

from __future__ import annotations

import json
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.ledger.complaints import read_complaints, write_complaints
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import plans
from cartage.seams import Compared, DocumentKey, Planned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.ledger.keys import Keyring

PLANS = 500
"""Plans a transaction and a page."""


class Plans:
    """The plans of all dry runs. Bodies, changes and values are the customer's data, so they are stored encrypted."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    def put(self, run_id: int, planned: Iterable[Planned]) -> None:
        """Note plans; the same document of the same row planned again replaces its plan."""
        place = sa.tuple_(plans.c.type, plans.c.external_id, plans.c.row)
        newest = {(each.document.type, each.document.external_id, each.row): each for each in planned}
        for part in chunks(sorted(newest), PLANS):
            with self._database.write() as connection:
                connection.execute(sa.delete(plans).where(plans.c.run_id == run_id, place.in_(part)))
                connection.execute(sa.insert(plans), [self._row(run_id, newest[each]) for each in part])

    def _row(self, run_id: int, planned: Planned) -> dict[str, Any]:
        compared = [astuple(each) for each in planned.compared]
        secret = json.dumps({"body": planned.body, "changes": planned.changes, "compared": compared}).encode()
        return {
            "run_id": run_id,
            "row": planned.row,
            "type": planned.document.type,
            "external_id": planned.document.external_id,
            "kind": planned.document.kind,
            "key": planned.document.key,
            "version": planned.document.version,
            "hash": planned.document.hash,
            "action": planned.action,
            "complaints": write_complaints(planned.complaints),
            "sealed": self._keyring.seal(secret),
        }

    def of(self, run_id: int) -> Iterator[Planned]:
        """Give the plans of a run, by row."""
        place = (plans.c.row, plans.c.type, plans.c.external_id)
        query = sa.select(plans).where(plans.c.run_id == run_id).order_by(*place).limit(PLANS)
        after: tuple[Any, ...] | None = None
        while True:
            further = query if after is None else query.where(sa.tuple_(*place) > sa.tuple_(*after))
            with self._database.read() as connection:
                page = connection.execute(further).all()
            for row in page:
                yield self._planned(row)
            if len(page) < PLANS:
                return
            after = (page[-1].row, page[-1].type, page[-1].external_id)

    def counts(self, run_id: int) -> dict[tuple[str, str], int]:
        """Give how many documents would be written, by type and action."""
        query = sa.select(plans.c.type, plans.c.action, sa.func.count()).where(plans.c.run_id == run_id)
        with self._database.read() as connection:
            rows = connection.execute(query.group_by(plans.c.type, plans.c.action)).all()
        return {(type_, action): count for type_, action, count in rows}

    def _planned(self, row: sa.Row[Any]) -> Planned:
        secret = json.loads(self._keyring.unseal(row.sealed))
        document = DocumentKey(row.type, row.external_id, row.kind, row.key, row.version, row.hash)
        complaints = read_complaints(row.complaints)
        compared = tuple(Compared(*each) for each in secret.get("compared", ()))
        return Planned(row.row, document, row.action, secret["body"], tuple(secret["changes"]), complaints, compared)
