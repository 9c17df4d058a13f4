"""Checking batches: which records must be held back, and why."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import BatchError, Complaint
from cartage.quality.derived import DERIVED
from cartage.quality.distinct import findings
from cartage.records.batch import KINDS, Batch
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.quality.engine import Finding
    from cartage.quality.suites import Rule, Suite

TOGETHER = 50_000
"""Records that are checked at once: a suite costs a tenth of a second before it has looked at any row."""

REDUCED = 5_000
"""Records that are reduced at once: a derived column costs nearly the same for a thousand."""

WORST = 20
"""Keys that a result names."""


@dataclass(frozen=True)
class Noted:
    """A record that goes on, with what is to be noted of it."""

    row: int
    key: str
    complaints: tuple[Complaint, ...]


@dataclass(frozen=True)
class Result:
    """What one expectation found in a run. Impersonal: it names records by their keys and quotes no value.

    Attributes:
        rule: the expectation.
        evaluated: rows of its table that were looked at.
        failing_rows: rows that failed.
        failing_records: records that these rows belong to.
        worst: keys of the records with the most failing rows, and how many, at most `WORST`.
    """

    rule: Rule
    evaluated: int
    failing_rows: int
    failing_records: int
    worst: tuple[tuple[str, int], ...]

    @property
    def passed(self) -> bool:
        """True when no row failed."""
        return self.failing_rows == 0


@dataclass(frozen=True)
class Statistics:
    """A run's sums: records checked, quarantined and noted, rows by table, and the seconds it took."""

    records: int
    quarantined: int
    noted: int
    rows: dict[str, int]
    seconds: float

    @property
    def quarantined_share(self) -> float:
        """Quarantined records as a share of one."""
        return self.quarantined / self.records if self.records else 0.0


@dataclass(frozen=True)
class Checked:
    """What checking found.

    Attributes:
        failures: a quarantined verdict for each record that failed a critical expectation.
        warnings: records that failed no critical expectation but a warning.
        results: what each expectation found, in the suite's order.
        statistics: the sums.
    """

    failures: list[Verdict]
    warnings: list[Noted]
    results: list[Result]
    statistics: Statistics


def check(batches: Batch | Iterable[Batch], suite: Suite) -> Checked:
    """Check batches of one run against a suite.

    Args:
        batches: a batch, or several whose records have different row numbers, as those of a run have. They need
            no columns but `suite.reads`, are taken one after the other, and only what the suite looks at is kept,
            so an iterator that reads them from staging needs little memory.
        suite: what is expected.

    Raises:
        BatchError: when a batch lacks a table or column, or an expectation could not be evaluated.
    """
    begun = time.perf_counter()
    tally = _Tally(suite)
    for together in _gathered([batches] if isinstance(batches, Batch) else batches, suite):
        tally.add(together)
    return tally.checked(time.perf_counter() - begun)


def share_exceeded(failed: int, total: int, *, share: float, minimum: int) -> bool:
    """Say whether so many records failed that the run must halt before anything is sent.

    Args:
        failed: records that failed.
        total: records that were read.
        share: `max_quarantined_share`: the share of one that may fail.
        minimum: `max_quarantined_min`: fewer than this many never halt a run, whatever their share.
    """
    return failed >= max(minimum, 1) and failed > share * total


@dataclass
class _Tally:
    """Adds up what the parts of a run gave."""

    suite: Suite
    failures: list[Verdict] = field(default_factory=list)
    warnings: list[Noted] = field(default_factory=list)
    evaluated: Counter[str] = field(default_factory=Counter)
    failing: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rows: Counter[str] = field(default_factory=Counter)
    records: int = 0

    def add(self, batch: Batch) -> None:
        """Check a part and add it up."""
        kind = KINDS[batch.record]
        keys = dict(zip(batch.root[kind.LINK].to_pylist(), batch.root["key"].to_pylist(), strict=True))
        self.records += len(batch)
        complaints: dict[int, list[tuple[Rule, Complaint]]] = defaultdict(list)
        for name, table in batch.tables.items():
            self.rows[name] += table.num_rows
        found = {finding.name: finding for finding in findings(batch.tables, kind.LINK, self.suite.rules)}
        for rule in self.suite.rules:
            if rule.name in found:
                self._note(rule, found[rule.name], keys, complaints)
        self._decide(complaints, keys)

    def _note(
        self, rule: Rule, finding: Finding, keys: dict[int, str], complaints: dict[int, list[tuple[Rule, Complaint]]]
    ) -> None:
        self.evaluated[rule.name] += finding.evaluated
        where, is_child = self.suite.field(rule), rule.table != KINDS[self.suite.record].ROOT
        for row, count in finding.failing.items():
            if row not in keys:
                raise BatchError(
                    f"a row of {rule.table} belongs to {self.suite.record} {row}, which is not in the batch"
                )
            self.failing[rule.name][keys[row]] += count
            times = f" (in {count} rows of {rule.table})" if is_child and count > 1 else ""
            message = f"{where}: {rule.why}{times} [{rule.type}]"
            complaints[row].append((rule, Complaint(rule.name, message, where)))

    def _decide(self, complaints: dict[int, list[tuple[Rule, Complaint]]], keys: dict[int, str]) -> None:
        for row in sorted(complaints):
            severities = {rule.severity for rule, _ in complaints[row]}
            told = tuple(complaint for rule, complaint in complaints[row] if rule.severity != "info")
            if "critical" in severities:
                self.failures.append(Verdict(row, keys[row], Outcome.QUARANTINED, told))
            elif told:
                self.warnings.append(Noted(row, keys[row], told))

    def checked(self, seconds: float) -> Checked:
        """Give the sums."""
        results = []
        for rule in self.suite.rules:
            failing = self.failing.get(rule.name, Counter())
            worst = tuple(sorted(failing.items(), key=lambda each: (-each[1], each[0]))[:WORST])
            results.append(Result(rule, self.evaluated[rule.name], failing.total(), len(failing), worst))
        statistics = Statistics(self.records, len(self.failures), len(self.warnings), dict(self.rows), seconds)
        return Checked(self.failures, self.warnings, results, statistics)


def _gathered(batches: Iterable[Batch], suite: Suite) -> Iterator[Batch]:
    """Put batches together, reduced to what the suite looks at, until they are worth a check."""
    for several in _several(_all_reduced(_several(batches, REDUCED), suite), TOGETHER):
        joined = _joined(several)
        if pc.count_distinct(joined.root[KINDS[joined.record].LINK]).as_py() != len(joined):
            raise BatchError("two records have the same row number; check batches of one run only")
        yield joined


def _several(batches: Iterable[Batch], records: int) -> Iterator[list[Batch]]:
    """Put batches together until they hold so many records."""
    waiting: list[Batch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= records:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _all_reduced(batches: Iterable[list[Batch]], suite: Suite) -> Iterator[Batch]:
    """Reduce batches in a thread while the next ones are read: most of both holds no interpreter lock."""
    with ThreadPoolExecutor(1, thread_name_prefix="reduce") as thread:
        ahead: Future[Batch] | None = None
        for several in batches:
            coming = thread.submit(_reduced, several, suite)
            if ahead is not None:
                yield ahead.result()
            ahead = coming
        if ahead is not None:
            yield ahead.result()


def _reduced(batches: list[Batch], suite: Suite) -> Batch:
    """Keep of batches the columns that the suite looks at, and compute the derived ones."""
    batch = _joined([_looked_at(each, suite) for each in batches])
    kind = KINDS[batch.record]
    tables = {}
    for name, table in batch.tables.items():
        own = {kind.LINK: table[kind.LINK]} | ({"key": table["key"]} if name == kind.ROOT else {})
        wanted = {column for rule in suite.of(name) for column in rule.columns}
        tables[name] = pa.table(own | {column: _column(batch, name, column) for column in sorted(wanted)})
    return Batch(batch.record, tables)


def _looked_at(batch: Batch, suite: Suite) -> Batch:
    """Keep the columns that the suite or its derived columns read."""
    if batch.record != suite.record:
        raise BatchError(f"the suite is for the record {suite.record}, but the batch holds {batch.record}")
    for name, columns in suite.reads.items():
        if name not in batch.tables:
            raise BatchError(f"the batch has no table {name}; the reader of {batch.record} must give all its tables")
        lacking = sorted(columns - set(batch.tables[name].column_names))
        if lacking:
            raise BatchError(f"the batch has no column {name}.{lacking[0]}; see cartage/records/{batch.record}.py")
    return Batch(
        batch.record, {name: batch.tables[name].select(sorted(columns)) for name, columns in suite.reads.items()}
    )


def _column(batch: Batch, table: str, column: str) -> pa.ChunkedArray:
    derived = DERIVED.get((batch.record, table), {}).get(column)
    return derived.compute(batch.tables) if derived else batch.tables[table][column]


def _joined(batches: list[Batch]) -> Batch:
    """Put batches together; their tables have the same columns."""
    first, *more = batches
    if not more:
        return first
    return Batch(
        first.record, {name: pa.concat_tables([each.tables[name] for each in batches]) for name in first.tables}
    )
