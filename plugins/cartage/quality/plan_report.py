"""The plan of a dry run: one HTML page of what would be sent, and how it compares with what is there.

Beside an earlier connector that is the comparison report: a run in shadow writes nothing, and the page says
how many of the other's orders agree to the cent, how many differ, and where. Whoever may see the flow may
open it, so values of people are masked before they come here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from cartage.quality.pages import template

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.errors import Complaint
    from cartage.seams import Compared, Planned
    from cartage.windows import Window

SHOWN = 100
"""Records that the page lists for each action; the ledger keeps the plans of all."""

ACTIONS = ("create", "update", "close", "quarantine", "adopt", "skip", "unchanged")
"""What may be planned, in the order a person cares."""

ITEM_LINES = "quantity and amount of items"


@dataclass
class PlannedRecord:
    """All that would be done with one record.

    Attributes:
        row: its row in the run.
        key: its key.
        documents: the plans of its documents, in sending order.
        outcome: what the ledger noted of the record, for what got no plan because it went no further.
    """

    row: int
    key: str
    documents: list[Planned] = field(default_factory=list)

    @property
    def action(self) -> str:
        """The action that decides: of its own documents, not of a customer it brings along."""
        own = [each for each in self.documents if each.document.type != "customer"] or self.documents
        return min((each.action for each in own), key=ACTIONS.index)

    @property
    def complaints(self) -> list[Complaint]:
        """Why it is held back, or what a person should know; each once."""
        return list(dict.fromkeys(complaint for each in self.documents for complaint in each.complaints))

    @property
    def compared(self) -> list[Compared]:
        """Values beside those of the target, of all its documents."""
        return [value for each in self.documents for value in each.compared]

    @property
    def differing(self) -> list[Compared]:
        """Those of `compared` that are not the same."""
        return [each for each in self.compared if each.differs]


@dataclass
class Difference:
    """In how many taken-over orders a value differs, and of amounts by how little and how much.

    Amounts are not added up: orders are in different currencies.
    """

    orders: int = 0
    least: Decimal | None = None
    most: Decimal | None = None

    def add(self, value: Compared) -> None:
        """Add an order's difference: ours less theirs."""
        self.orders += 1
        if value.amount:
            apart = _decimal(value.sent) - _decimal(value.there)
            self.least = apart if self.least is None else min(self.least, apart)
            self.most = apart if self.most is None else max(self.most, apart)


@dataclass(frozen=True)
class Aside:
    """A record that never became a plan: it failed validation, is not taken, or could not be transformed."""

    key: str
    outcome: str
    complaints: tuple[Complaint, ...]


@dataclass
class PlanReport:
    """What a dry run found, record by record.

    Args:
        flow: the flow's full name, ``sfcc_netsuite.orders``.
        run: the run's id in the ledger.
        window: the stretch of the source that the run read.
        target: what people call the system that would be written to.
    """

    flow: str
    run: str
    window: Window
    target: str
    documents: Counter[tuple[str, str]] = field(default_factory=Counter, init=False)
    records: Counter[str] = field(default_factory=Counter, init=False)
    asides: Counter[str] = field(default_factory=Counter, init=False)
    shown: dict[str, list[PlannedRecord]] = field(default_factory=dict, init=False)
    held: list[Aside] = field(default_factory=list, init=False)
    agreeing: int = field(default=0, init=False)
    differing: int = field(default=0, init=False)
    differences: dict[str, Difference] = field(default_factory=dict, init=False)

    def add(self, record: PlannedRecord) -> None:
        """Add a record with all of its plans."""
        self.documents.update((each.document.type, each.action) for each in record.documents)
        self.records[record.action] += 1
        if record.action == "adopt" and record.compared:
            self._compare(record)
        self._show(record)

    def set_aside(self, aside: Aside) -> None:
        """Add a record that got no plan."""
        self.asides[aside.outcome] += 1
        if len(self.held) < SHOWN:
            self.held.append(aside)

    def _compare(self, record: PlannedRecord) -> None:
        if not record.differing:
            self.agreeing += 1
            return
        self.differing += 1
        found = {_part(each): each for each in record.differing}
        for name, value in found.items():
            self.differences.setdefault(name, Difference()).add(value)

    def _show(self, record: PlannedRecord) -> None:
        """Keep the first of each action; of orders that were taken over, those that differ go first."""
        kept = self.shown.setdefault(record.action, [])
        if len(kept) < SHOWN:
            kept.append(record)
        elif record.action == "adopt" and record.differing:
            agreeing = next((at for at, each in enumerate(kept) if not each.differing), None)
            if agreeing is not None:
                kept[agreeing] = record

    @property
    def total(self) -> int:
        """Records that the run read."""
        return self.records.total() + self.asides.total()

    @property
    def types(self) -> list[str]:
        """Types of documents, in the order of their names."""
        return sorted({type_ for type_, _ in self.documents})

    @property
    def actions(self) -> list[str]:
        """Actions that occur, in the order a person cares."""
        return [each for each in ACTIONS if any(action == each for _, action in self.documents)]

    @property
    def parts(self) -> list[tuple[str, Difference]]:
        """Where taken-over orders differ, most frequent first."""
        return sorted(self.differences.items(), key=lambda each: (-each[1].orders, each[0]))

    def of(self, action: str) -> list[PlannedRecord]:
        """Give the records shown for an action; of taken-over orders those that differ first."""
        return (
            sorted(self.shown.get(action, ()), key=lambda each: not each.differing)
            if action == "adopt"
            else list(self.shown.get(action, ()))
        )

    def html(self) -> str:
        """Give the page: self-contained, without script, escaped."""
        return template("plan.html.j2").render(report=self)


def write_plan(report: PlanReport, path: Path) -> None:
    """Write the page to `path`, a local path or an Airflow `ObjectStoragePath`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(report.html().encode())


def _part(value: Compared) -> str:
    """Name what differs across orders: items differ from order to order, so they are one part."""
    return ITEM_LINES if ": " in value.field else value.field


def _decimal(text: str | None) -> Decimal:
    try:
        return Decimal(text or 0)
    except InvalidOperation:
        return Decimal(0)
