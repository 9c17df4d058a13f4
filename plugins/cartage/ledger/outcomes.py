"""What became of every record: the accounting identity, and each record's latest state."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from cartage.errors import BatchError
from cartage.ledger import rowsets, states, tallies, told
from cartage.ledger import runs as run_rows
from cartage.ledger.complaints import first_code, read_complaints, write_complaints
from cartage.ledger.engine import Database, chunks
from cartage.ledger.tables import outcomes
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa
    from sqlalchemy.engine import Connection

    from cartage.errors import Complaint
    from cartage.ledger.states import Known
    from cartage.seams import Late

ROWS = 5_000
"""Extracted rows a transaction: well under a tenth of a second of the write lock."""

VERDICTS = 500
"""Verdicts a transaction: few, since they come as the target answers and a kill loses what waits."""


UNDECIDED = sa.or_(outcomes.c.outcome.is_(None), outcomes.c.outcome == Outcome.HELD.value)
"""Rows whose outcome may still come."""


@dataclass(frozen=True)
class Balance:
    """The accounting identity of one kind of record in one run.

    Attributes:
        extracted: records that were read.
        outcomes: how many of them ended each way; ways that no record went are left out.
    """

    extracted: int
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)

    @property
    def unaccounted(self) -> int:
        """Records without an outcome. A run settles only at 0."""
        return self.extracted - sum(self.outcomes.values())

    def count(self, outcome: Outcome) -> int:
        """Give how many records ended this way."""
        return self.outcomes.get(outcome, 0)


class Outcomes:
    """The outcomes of all runs, and the state of each record that follows from them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def extracted(self, run_id: int, record: str, rows: pa.Table, batch: int) -> None:
        """Note that these records were read and are owed an outcome.

        Doing it twice is doing it once; a row that has no outcome yet takes the newer key and version. So does a
        row whose outcome is another record's: a window that is read again can give its records other row numbers
        (an order that was modified meanwhile has left it), and each record is owed an outcome of its own.

        Args:
            run_id: the run that read them.
            record: their kind.
            rows: columns `row` (unique within the run and kind), `key`, `version`, and perhaps
                `hash`, the record's content hash, `value` and `as_of`, what the target will be told
                and the moment that is true for. The record takes these three once it is created or updated.
            batch: number of the batch they lie in.

        Raises:
            BatchError: there is no such run.
            RetryableError: the database was busy or lost.
        """
        with self._database.read() as connection:
            run = run_rows.fetch(connection, run_id)
        same = {"run_id": run_id, "record": record, "batch": batch, "extracted_at": datetime.now(UTC)}
        names = [name for name in _NOTED if name in rows.column_names]
        for part in chunks(rows.select(names).to_pylist(), ROWS):
            with self._database.write() as connection:
                self._free(connection, run_id, record, part)
                rowsets.upsert(
                    connection,
                    outcomes,
                    part,
                    same,
                    update=[*names[1:], "batch"],
                    where=lambda _: outcomes.c.outcome.is_(None),
                )
                if not run.dry_run:
                    states.arrived(connection, run, record, part)

    @staticmethod
    def _free(connection: Connection, run_id: int, record: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Forget the outcomes that stand in the rows of other records, or of other versions."""
        ours = sa.and_(outcomes.c.run_id == run_id, outcomes.c.record == record)
        coming = {row["row"]: (row["key"], row["version"]) for row in rows}
        ended = connection.execute(
            sa.select(outcomes.c.row, outcomes.c.key, outcomes.c.version).where(
                ours, outcomes.c.row.between(min(coming), max(coming)), outcomes.c.outcome.is_not(None)
            )
        )
        others = [
            each.row for each in ended if coming.get(each.row, (each.key, each.version)) != (each.key, each.version)
        ]
        for part in chunks(others, VERDICTS):
            connection.execute(sa.delete(outcomes).where(ours, outcomes.c.row.in_(part)))

    def restart(self, run_id: int, record: str, batch: int | None = None) -> None:
        """Forget what a step noted that is tried again, before it notes anew.

        Without `batch`, before `extract` reads its window again, the rows that have no outcome go. Where the kind
        was tallied all of its rows go, with the tallies: the new tally is the whole, and a row of the old reading
        would stand beside it.

        With `batch`, before `transform` notes singly the rows of a batch that is tallied otherwise: those go whose
        outcome may still come, for this time others may have changed.
        """
        ours = sa.and_(outcomes.c.run_id == run_id, outcomes.c.record == record)
        with self._database.write() as connection:
            if batch is not None:
                connection.execute(sa.delete(outcomes).where(ours, outcomes.c.batch == batch, UNDECIDED))
            elif tallies.forget(connection, run_id, record):
                connection.execute(sa.delete(outcomes).where(ours))
            else:
                connection.execute(sa.delete(outcomes).where(ours, outcomes.c.outcome.is_(None)))

    def settle(self, run_id: int, record: str, verdicts: Iterable[Verdict]) -> None:
        """Set outcomes, in short transactions as the verdicts come.

        The first outcome of a row stays: a task that is tried again finds `unchanged` what it
        created before, and the run did create it. Only `held` gives way, for a run whose broken step
        was cleared goes on where it stopped. What was given before `verdicts` raises is kept.

        Args:
            run_id: the run.
            record: kind of the records.
            verdicts: any iterable; a generator is followed as it yields.

        Raises:
            BatchError: a verdict for a row that was never extracted, or for another key.
            RetryableError: the database was busy or lost.
        """
        with self._database.read() as connection:
            run = run_rows.fetch(connection, run_id)
        waiting: list[Verdict] = []
        try:
            for verdict in verdicts:
                waiting.append(verdict)
                if len(waiting) >= VERDICTS:
                    batch, waiting = waiting, []
                    self._settle(run, record, batch)
        finally:
            if waiting:
                self._settle(run, record, waiting)

    def hold(self, run_id: int, record: str, rows: Sequence[int], complaint: Complaint) -> None:
        """Hold many rows for one reason, those whose outcome may still come; quicker than a verdict each.

        Args:
            run_id: the run.
            record: kind of the records.
            rows: their row numbers.
            complaint: why, the same for all.
        """
        now = datetime.now(UTC)
        with self._database.read() as connection:
            run = run_rows.fetch(connection, run_id)
        why = {"outcome": Outcome.HELD.value, "code": complaint.code, "complaints": write_complaints((complaint,))}
        at = {"run_id": run_id, "record": record}
        for part in chunks(rows, ROWS):
            numbers = [{"row": int(row)} for row in part]
            with self._database.write() as connection:
                rowsets.update(
                    connection, outcomes, numbers, on=("row",), at=at,
                    values=lambda _: {**why, "decided_at": now}, only=lambda _: UNDECIDED,
                )  # fmt: skip
                if not run.dry_run:
                    states.held(connection, run, record, numbers, {**why, "last_at": now})

    def warn(self, run_id: int, record: str, warnings: Iterable[tuple[int, tuple[Complaint, ...]]]) -> None:
        """Note what the checks found on records that go on, in the place of what an earlier try of the step noted.

        Args:
            run_id: the run.
            record: kind of the records.
            warnings: row numbers and what was found. It stands beside the outcome, whatever that will be.
        """
        at = {"run_id": run_id, "record": record}
        with self._database.write() as connection:
            ours = sa.and_(outcomes.c.run_id == run_id, outcomes.c.record == record, outcomes.c.warnings.is_not(None))
            connection.execute(sa.update(outcomes).where(ours).values(warnings=sa.null()))
        for part in chunks(list(warnings), ROWS):
            rows = [{"row": row, "warnings": write_complaints(complaints)} for row, complaints in part]
            with self._database.write() as connection:
                rowsets.update(
                    connection, outcomes, rows, on=("row",), at=at, values=lambda new: {"warnings": new.warnings}
                )

    def _settle(self, run: run_rows.Run, record: str, verdicts: Sequence[Verdict]) -> None:
        now = datetime.now(UTC)
        with self._database.write() as connection:
            rows = self._rows(connection, run.id, record, [each.row for each in verdicts])
            fresh: dict[int, Verdict] = {}
            for verdict in verdicts:
                row = rows.get(verdict.row)
                if row is None or row.key != verdict.key:
                    raise BatchError(
                        f"Run {run.id} never extracted {record} {verdict.key} as row {verdict.row}, so it can have no "
                        "outcome: every record must be noted by `extracted` before anything else happens to it."
                    )
                if row.outcome in (None, Outcome.HELD):
                    fresh.setdefault(verdict.row, verdict)
            if not fresh:
                return
            rowsets.update(
                connection,
                outcomes,
                [_decision(each) for each in fresh.values()],
                on=("row",),
                at={"run_id": run.id, "record": record},
                only=lambda _: UNDECIDED,
                values=lambda new: {name: new[name] for name in _DECIDED},
                same={"decided_at": now},
            )
            if not run.dry_run:
                decided = [(rows[row], verdict) for row, verdict in fresh.items()]
                states.decided(connection, run, record, decided, now)

    @staticmethod
    def _rows(connection: Connection, run_id: int, record: str, numbers: list[int]) -> dict[int, Any]:
        """Give the outcome rows by number, held until the transaction ends."""
        found = connection.execute(
            sa.select(*(outcomes.c[name] for name in (*_NOTED, "outcome")))
            .where(outcomes.c.run_id == run_id, outcomes.c.record == record, outcomes.c.row.in_(set(numbers)))
            .order_by(outcomes.c.row)
            .with_for_update()
        )
        return {row.row: row for row in found}

    def balance(self, run_id: int) -> dict[str, Balance]:
        """Give the accounting identity of the run, by kind of record.

        Of a kind that is tallied (`Tallies.put`) the tally ``extracted`` is the whole: rows noted singly are among
        its records and add nothing to it. Outcomes are those of the rows and those tallied, together. A kind
        without that tally has as many records as rows.
        """
        counts = sa.select(outcomes.c.record, outcomes.c.outcome, sa.func.count()).where(outcomes.c.run_id == run_id)
        noted: dict[str, int] = {}
        decided: dict[str, dict[Outcome, int]] = {}
        with self._database.read() as connection:
            tallied = tallies.sums(connection, run_id)
            for record, outcome, count in connection.execute(counts.group_by(outcomes.c.record, outcomes.c.outcome)):
                noted[record] = noted.get(record, 0) + count
                if outcome is not None:
                    decided.setdefault(record, {})[Outcome(outcome)] = count
        return {
            record: _balance(noted.get(record, 0), decided.get(record, {}), tallied.get(record, {}))
            for record in sorted(noted.keys() | tallied.keys())
        }

    def noted(self, run_id: int, code: str) -> int:
        """Give how many records of a run, among those with a row each, ended for this reason or with this warning."""
        query = sa.select(sa.func.count()).where(outcomes.c.run_id == run_id, outcomes.c.code == code)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def verdicts(self, run_id: int, record: str | None = None) -> Iterator[Verdict]:
        """Give the outcomes of the run by row number, a page at a time, without holding the database."""
        for row in self._pages(run_id, record, outcomes.c.outcome.is_not(None)):
            yield Verdict(row.row, row.key, Outcome(row.outcome), read_complaints(row.complaints), row.target_id)

    def unaccounted(self, run_id: int, record: str | None = None) -> Iterator[tuple[str, int, str]]:
        """Give kind, row number and key of the records that have no outcome yet."""
        for row in self._pages(run_id, record, outcomes.c.outcome.is_(None)):
            yield row.record, row.row, row.key

    def _pages(self, run_id: int, record: str | None, which: sa.ColumnElement[bool]) -> Iterator[Any]:
        place = sa.tuple_(outcomes.c.record, outcomes.c.row)
        query = sa.select(outcomes).where(outcomes.c.run_id == run_id, which)
        if record is not None:
            query = query.where(outcomes.c.record == record)
        query = query.order_by(outcomes.c.record, outcomes.c.row).limit(ROWS)
        after: tuple[str, int] | None = None
        while True:
            with self._database.read() as connection:
                page = connection.execute(query if after is None else query.where(place > sa.tuple_(*after))).all()
            yield from page
            if len(page) < ROWS:
                return
            after = (page[-1].record, page[-1].row)

    def known(self, integration: str, record: str, keys: Iterable[str]) -> dict[str, Known]:
        """Give what was last applied of these records, by key; a key that is left out is new.

        With it an older or equal version is superseded or unchanged before anything is sent.
        """
        return states.known(self._database, integration, record, keys)

    def known_values(self, integration: str, record: str, keys: Iterable[str] | None = None) -> pa.Table:
        """Give what the target was last told of the records of a kind; see `told.known_values`."""
        return told.known_values(self._database, integration, record, keys)

    def untell(self, integration: str, record: str, keys: Iterable[str]) -> None:
        """Forget that the target was told of these records; see `told.untell`."""
        told.untell(self._database, integration, record, keys)

    def still_late(self, integration: str, flow: str, record: str, late: Sequence[Late]) -> list[Late]:
        """Leave out the records that a later run has told the target of; see `told.still_late`."""
        return told.still_late(self._database, integration, flow, record, late)

    def doubt(self, integration: str, record: str, run_id: int, keys: Iterable[str]) -> None:
        """Note that a broken run may have told the target of these records; see `told.doubt`."""
        told.doubt(self._database, integration, record, run_id, keys)


_NOTED = ("row", "key", "version", "hash", "value", "as_of")
_DECIDED = ("outcome", "code", "complaints", "target_id")


def _balance(noted: int, decided: Mapping[Outcome, int], tallied: Mapping[str, int]) -> Balance:
    ways = dict(decided)
    for name, count in tallied.items():
        if name != tallies.EXTRACTED and count:
            ways[Outcome(name)] = ways.get(Outcome(name), 0) + count
    return Balance(tallied.get(tallies.EXTRACTED, noted), ways)


def _decision(verdict: Verdict) -> dict[str, Any]:
    return {
        "row": verdict.row,
        "outcome": verdict.outcome.value,
        "code": first_code(verdict.complaints),
        "complaints": write_complaints(verdict.complaints),
        "target_id": verdict.target_id,
    }
