"""What a test can tell the sandbox to do, and what it can ask it afterwards.

A control document sets any of these; what it leaves out stays as it is::

    {"latency_ms": 200}                     # or [150, 250]: every REST request takes that long
    {"concurrency": 15}
    {"closed_periods": ["2026-01"]}
    {"script_adds_fee": "2.50"}             # a script adds handling cost to sales orders on save
    {"tax_rounding": "0.01"}                # the tax engine comes to another cent
    {"time_zone": "America/New_York"}       # the account's zone: SuiteQL shows and reads moments in it
    {"shuffle_ties": true}                  # rows that a query's ORDER BY leaves equal, or all without one, come in
                                            # another order with each page: they repeat and go missing, as under load
    {"faults": [{"match": "POST /record/v1/salesOrder", "times": 3, "status": 503, "retry_after": 2}]}
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Callable

_FAULT_KEYS = frozenset(
    [
        "match",
        "skip",
        "times",
        "status",
        "code",
        "detail",
        "retry_after",
        "body",
        "content_type",
        "latency_ms",
        "drop_connection",
        "timeout_after_commit",
        "drop_after_commit",
        "seconds",
        "repeat_rows",
        "lose_rows",
    ]
)


@dataclass
class Fault:
    """A failure that some of the next requests meet.

    Attributes:
        match: method and beginning of the path below ``/services/rest``; ``*`` is any method.
        skip: how many matching requests go through first.
        times: how many fail then.
        status: HTTP status of the answer.
        code: its `o:errorCode`.
        detail: its words.
        retry_after: seconds in Retry-After.
        body: a body to answer as it is, for example ``not json``.
        content_type: media type of `body`.
        latency_ms: wait this long first.
        drop_connection: cut the connection before anything was done.
        timeout_after_commit: do the work, then do not answer for `seconds`.
        drop_after_commit: do the work, then cut the connection.
        seconds: see above.
        repeat_rows: of a page of SuiteQL, so many of its first rows stand again in the place of its last.
        lose_rows: of a page of SuiteQL, so many of its last rows are missing; the counts do not say so.
    """

    match: str
    skip: int = 0
    times: int = 1
    status: int | None = None
    code: str | None = None
    detail: str = "The sandbox was told to fail."
    retry_after: float | None = None
    body: str | None = None
    content_type: str = "text/html"
    latency_ms: float = 0
    drop_connection: bool = False
    timeout_after_commit: bool = False
    drop_after_commit: bool = False
    seconds: float = 60
    repeat_rows: int = 0
    lose_rows: int = 0

    @classmethod
    def of(cls, values: dict[str, Any]) -> Fault:
        """Read a fault of a control document.

        Raises:
            ValueError: a key is unknown or `match` is missing.
        """
        unknown = values.keys() - _FAULT_KEYS
        if unknown or not values.get("match"):
            raise ValueError(f"unknown {', '.join(sorted(unknown))}" if unknown else "a fault needs match")
        return cls(**values)

    def hits(self, method: str, path: str) -> bool:
        """Whether a request meets this fault; counts it when it matches."""
        wanted, _, prefix = self.match.partition(" ")
        if wanted not in ("*", method) or not path.lower().startswith(prefix.lower()) or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


@dataclass
class Control:
    """How the account misbehaves, and what it counted.

    Attributes:
        concurrency: requests served at a time.
        closed_periods: months whose books are closed, YYYY-MM.
        latency_ms: shortest and longest time every request takes.
        faults: failures to come.
        script_adds_fee: what a script adds to a sales order on save.
        tax_rounding: what the tax engine adds to the tax of a sales order.
        time_zone: IANA name of the account's zone.
        shuffle_ties: whether SuiteQL orders by chance what a query leaves unordered.
        requests: by method and class of path.
        writes: records written, by type and verb (``salesOrder create``).
        statuses: answers by HTTP status.
        card_operations: requests that would have made NetSuite charge a card.
        emails: records saved with toBeEmailed.
        active: requests being served now.
        peak: most requests served at a time since the last reset.
    """

    concurrency: int = 5
    closed_periods: set[str] = field(default_factory=set)
    latency_ms: tuple[float, float] = (0, 0)
    faults: list[Fault] = field(default_factory=list)
    script_adds_fee: Decimal = Decimal(0)
    tax_rounding: Decimal = Decimal(0)
    time_zone: str = "UTC"
    shuffle_ties: bool = False
    requests: Counter[str] = field(default_factory=Counter)
    writes: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    card_operations: int = 0
    emails: int = 0
    active: int = 0
    peak: int = 0

    def apply(self, document: dict[str, Any]) -> None:
        """Take over a control document.

        Raises:
            ValueError: it has a key nobody knows, or a value of the wrong kind.
        """
        readers: dict[str, Callable[[Any], Any]] = {
            "latency_ms": _range, "concurrency": int, "closed_periods": set, "script_adds_fee": _decimal,
            "tax_rounding": _decimal, "time_zone": _zone, "shuffle_ties": bool, "faults": lambda value: self.faults + [Fault.of(each) for each in value],
        }  # fmt: skip
        unknown = document.keys() - readers.keys()
        if unknown:
            raise ValueError(f"unknown key {', '.join(sorted(unknown))}; known are {', '.join(sorted(readers))}")
        for name, value in document.items():
            setattr(self, name, readers[name](value))

    def latency(self) -> float:
        """Give the seconds that the next request takes."""
        low, high = self.latency_ms
        return random.uniform(low, high) / 1000 if high else 0.0  # noqa: S311 - not a secret

    def fault(self, method: str, path: str) -> Fault | None:
        """Give the fault that a request meets, if any."""
        met = next((each for each in self.faults if each.hits(method, path)), None)
        self.faults = [each for each in self.faults if each.times > 0]
        return met

    def wrote(self, record_type: str, verb: str) -> None:
        """Count a write."""
        self.writes[f"{record_type} {verb}"] += 1

    def counts(self) -> dict[str, Any]:
        """Give everything that was counted."""
        return {
            "requests": dict(self.requests), "writes": dict(self.writes), "statuses": dict(self.statuses),
            "writes_total": sum(self.writes.values()), "card_operations": self.card_operations, "emails": self.emails,
            "active": self.active, "peak_concurrency": self.peak,
            "faults_left": sum(each.times for each in self.faults),
        }  # fmt: skip

    def forget_counts(self) -> None:
        """Start counting anew."""
        for each in (self.requests, self.writes, self.statuses):
            each.clear()
        self.card_operations = self.emails = 0
        self.peak = self.active


def _range(value: Any) -> tuple[float, float]:
    low, high = value if isinstance(value, list) else (value, value)
    return float(low), float(high)


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(str(value)).key
    except KeyError:
        raise ValueError(f"time_zone {value} is no IANA name") from None


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))
