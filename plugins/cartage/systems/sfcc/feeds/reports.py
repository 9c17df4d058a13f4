"""What a log says of the import of one feed, whatever the log's form."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)

NOTHING_TO_DELETE = frozenset({"unknown_record", "unknown_table"})
"""Codes of warnings that a deletion found nothing: what it was to bring about is so."""

SAID_SINGLY = 20
"""Remarks on one feed that are logged each by itself; of more only the number is."""


@dataclass(frozen=True)
class Entry:
    """One element that was not taken as it stood.

    Attributes:
        severity: DATAERROR or DATAWARNING.
        code: why, for programs.
        message: why, for people.
        element: the element's name, as far as the log says it.
        ids: what tells it apart: ``{"list-id": …, "product-id": …}``; empty where nobody can say.
        skipped: whether nothing of it was imported.
        line: its line in the unpacked feed.
    """

    severity: str
    code: str
    message: str
    element: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    skipped: bool = True
    line: int | None = None

    @property
    def harmless(self) -> bool:
        """Whether it was left out because it had nothing to do."""
        return self.severity == "DATAWARNING" and self.code in NOTHING_TO_DELETE

    def __str__(self) -> str:
        """Name it and give the reason."""
        named = " ".join(self.ids.values()) or "?"
        return f"{self.element or 'element'} {named}{f' in line {self.line}' if self.line else ''}: {self.message}"


@dataclass
class Report:
    """What is said of the import of one feed.

    Attributes:
        feed: its name.
        where: the log that says so.
        refused: why the shop refused all of it; None when it took it.
        entries: what was not taken as it stood.
    """

    feed: str
    where: str
    refused: str | None = None
    entries: list[Entry] = field(default_factory=list)

    def told(self) -> None:
        """Log what becomes of no record: elements that were taken in part, and those that nobody can tell apart."""
        partly = [each for each in self.entries if not each.skipped]
        untied = [each for each in self.entries if each.skipped and not each.harmless and not each.ids]
        for each in partly[:SAID_SINGLY]:
            log.warning("%s: the shop took it in part: %s (%s)", self.feed, each, self.where)
        for each in untied[:SAID_SINGLY]:
            log.warning(
                "%s: the shop skipped an element that its log does not let us tell apart, so its record counts as told: %s. "
                "See the log %s",
                self.feed,
                each,
                self.where,
            )
        for some, words in ((partly, "taken in part"), (untied, "skipped, and could not be told apart")):
            if len(some) > SAID_SINGLY:
                log.warning("%s: %d elements in all were %s; see the log %s", self.feed, len(some), words, self.where)
