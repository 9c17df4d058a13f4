"""The quality report of a run: one HTML page that needs nothing else, and the same as JSON for later runs.

It is about rules and counts. Of a record it says the key and which rule it broke, never a value: the page
is kept in staging and opened by whoever may see the flow.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cartage.quality.checks import WORST, Checked, Result, Statistics
from cartage.quality.pages import template

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.errors import Complaint
    from cartage.windows import Window

SHOWN = 200
"""Records that the page lists; the ledger knows them all."""

_ORDER = {"critical": 0, "warning": 1, "info": 2}


@dataclass(frozen=True)
class Listed:
    """A record in the report."""

    key: str
    complaints: tuple[Complaint, ...]


@dataclass
class Report:
    """What was found in a run, part by part.

    Args:
        flow: the flow's full name, ``sfcc_netsuite.orders``.
        run: the run's id.
        window: the stretch of the source that the run read.
    """

    flow: str
    run: str
    window: Window
    _results: dict[str, Result] = field(default_factory=dict, init=False)
    _rows: Counter[str] = field(default_factory=Counter, init=False)
    _sums: Counter[str] = field(default_factory=Counter, init=False)
    _seconds: float = field(default=0.0, init=False)
    _held: list[Listed] = field(default_factory=list, init=False)
    _noted: list[Listed] = field(default_factory=list, init=False)

    def add(self, checked: Checked) -> None:
        """Add what was found in a part of the run."""
        for result in checked.results:
            known = self._results.get(result.rule.name)
            self._results[result.rule.name] = _sum(known, result) if known else result
        found = checked.statistics
        self._rows.update(found.rows)
        self._sums.update(records=found.records, quarantined=found.quarantined, noted=found.noted)
        self._seconds += found.seconds
        self._held += [Listed(each.key, each.complaints) for each in checked.failures[: SHOWN - len(self._held)]]
        self._noted += [Listed(each.key, each.complaints) for each in checked.warnings[: SHOWN - len(self._noted)]]

    @property
    def statistics(self) -> Statistics:
        """The run's sums."""
        sums = self._sums
        return Statistics(sums["records"], sums["quarantined"], sums["noted"], dict(self._rows), self._seconds)

    @property
    def failed(self) -> list[Result]:
        """Expectations that some row failed: critical ones first, then by how many records."""
        found = [each for each in self._results.values() if not each.passed]
        return sorted(found, key=lambda each: (_ORDER[each.rule.severity], -each.failing_records, each.rule.name))

    @property
    def passed(self) -> list[Result]:
        """Expectations that every row met."""
        return [each for each in self._results.values() if each.passed]

    @property
    def held(self) -> list[Listed]:
        """The first records that were held back."""
        return self._held

    @property
    def noted(self) -> list[Listed]:
        """The first records that go on with a warning."""
        return self._noted

    def html(self) -> str:
        """Give the page: self-contained, without script, escaped."""
        return template("report.html.j2").render(report=self, statistics=self.statistics, shown=SHOWN)

    def as_dict(self) -> dict[str, Any]:
        """Give the figures as JSON values, to compare runs by."""
        found = self.statistics
        return {
            "flow": self.flow,
            "run": self.run,
            "window": self.window.as_dict(),
            "records": found.records,
            "quarantined": found.quarantined,
            "noted": found.noted,
            "rows": found.rows,
            "seconds": round(found.seconds, 3),
            "expectations": [_as_dict(each) for each in self._results.values()],
        }

    def json(self) -> str:
        """Give `as_dict` as text."""
        return json.dumps(self.as_dict(), indent=2, ensure_ascii=False)


def write(report: Report, path: Path) -> None:
    """Write the page to `path` and the figures beside it, with the suffix ``.json``.

    Args:
        report: what was found.
        path: the page, a local path or an Airflow `ObjectStoragePath`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(report.html().encode())
    (path.parent / f"{path.stem}.json").write_bytes(report.json().encode())


def _sum(one: Result, other: Result) -> Result:
    worst = Counter(dict(one.worst))
    worst.update(dict(other.worst))
    return Result(
        one.rule,
        one.evaluated + other.evaluated,
        one.failing_rows + other.failing_rows,
        one.failing_records + other.failing_records,
        tuple(sorted(worst.items(), key=lambda each: (-each[1], each[0]))[:WORST]),
    )


def _as_dict(result: Result) -> dict[str, Any]:
    return {
        "name": result.rule.name,
        "table": result.rule.table,
        "columns": list(result.rule.columns),
        "type": result.rule.type,
        "severity": result.rule.severity,
        "evaluated": result.evaluated,
        "failing_rows": result.failing_rows,
        "failing_records": result.failing_records,
        "worst": [list(each) for each in result.worst],
    }
