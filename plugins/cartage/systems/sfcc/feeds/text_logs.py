"""Reads the logs that SFCC writes of its jobs and imports: lines of text.

Their form is not specified, so what cannot be understood is passed over. What is relied on, and where it is from:

- Salesforce's page on errors of imports (https://help.salesforce.com/s/articleView?id=cc.b2c_import_export_error_handling.htm):
  each import says ``Starting Import`` and, at its end, ``Processed N total elements``; an element that could not be
  processed at all is a ``DATAERROR`` and is skipped, one that could in part a ``DATAWARNING``; each is named with its
  place and cause. An import that broke off for an error of the process (a malformed feed, a lock) does not get to its end.
- Lines as instances write them, for example in https://github.com/algolia/algoliasearch-sfcc-b2c/issues/128::

      [2024-01-08 05:00:33.228 GMT] INFO Starting Import of 'jobs' from: operations/jobs.xml
      [2024-01-08 05:00:33.387 GMT] WARN [DATAERROR] [4/56] Job: AlgoliaCategoryIndex_v2: Invalid job …

  There, ``4/56`` are line and column behind the start tag of the element in the file, both from 1.
- A job's log also holds what other steps say, and the imports' lines may stand in it or in logs of their own, which
  lie in ``Impex/log``: every name of a log that is mentioned is given, for the reader to follow.

A line belongs to the feed whose name was mentioned last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 2_000
"""Characters of a line that are looked at."""

MOST = 100_000
"""Data errors and warnings of one feed that are kept; a feed has at most as many records."""

_FEED = re.compile(r"[\w.\-]+\.xml(?:\.gz)?")
_LOG = re.compile(r"[\w.\-]+\.log\b")
_LEVEL = re.compile(r"^(?:\[[^\]]*\]\s*)?(?P<level>FATAL|ERROR|WARN|INFO|DEBUG)\b:?\s*(?P<text>.*)")
_DATA = re.compile(
    r"\[?\b(?P<severity>DATAERROR|DATAWARNING)\b\]?[:\s]*"
    r"(?:[\[(]\s*(?P<line>\d+)\s*[/:,]\s*(?P<column>\d+)\s*[\])][:\s]*)?(?P<text>.*)"
)
_THREAD = re.compile(r"^\S*\|\S* (?:\S+ )*?- ")
"""What names the thread, the job and the step before what a job's log says."""

_BEGUN = re.compile(r"\bStarting\s+Import\b", re.IGNORECASE)
_ENDED = re.compile(r"\bProcessed\s+\d+\s+total\b", re.IGNORECASE)


@dataclass(frozen=True)
class DataLine:
    """A line about an element.

    Attributes:
        severity: DATAERROR or DATAWARNING.
        text: what it says, without time, level and place.
        line: line of the feed.
        column: column of it.
    """

    severity: str
    text: str
    line: int | None = None
    column: int | None = None


@dataclass
class Section:
    """What logs say of one feed.

    Attributes:
        where: the log that said most recently that its import began.
        begun: whether its import began.
        ended: whether its import got to its end.
        lines: elements that were not taken as they stood.
        errors: what went wrong with the import itself, in the words of the log that it began in.
        errors_around: the same in words that came before, or from other logs: of the job's steps.
        lost: how many lines beyond `MOST` are not kept.
    """

    where: str
    begun: bool = False
    ended: bool = False
    lines: list[DataLine] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    errors_around: list[str] = field(default_factory=list)
    lost: int = 0

    @property
    def telling(self) -> bool:
        """Whether the import of the feed is spoken of, and not just its name."""
        return self.begun or self.ended or bool(self.lines or self.errors or self.errors_around)

    @property
    def refused(self) -> str | None:
        """Why the import did not get to its end; None when it did, or nothing went wrong."""
        reasons = [*self.errors, *self.errors_around]
        return reasons[0] if reasons and not self.ended else None


class TextLogs:
    """What some logs say, feed by feed."""

    def __init__(self) -> None:
        self.sections: dict[str, Section] = {}

    def read(self, lines: Iterable[bytes], where: str) -> list[str]:
        """Read a log.

        Args:
            lines: of it.
            where: its name.

        Returns:
            Names of other logs that it mentions, each once.
        """
        mentioned: dict[str, None] = {}
        current: Section | None = None
        for raw in lines:
            text = raw[: LONGEST * 4].decode("utf-8", "replace").rstrip()[:LONGEST]
            data = _DATA.search(text)
            if data is None:
                mentioned |= dict.fromkeys(_LOG.findall(text))
                named = _FEED.findall(text)
                if named:
                    current = self.sections.setdefault(named[-1], Section(where))
            if current is not None:
                _note(current, text, data, where)
        return [each for each in mentioned if each != where]


def _note(section: Section, text: str, data: re.Match[str] | None, where: str) -> None:
    """Note what a line says of the feed that is spoken of."""
    if data is not None:
        if len(section.lines) >= MOST:
            section.lost += 1
            return
        line, column = data["line"], data["column"]
        made = DataLine(data["severity"], data["text"], int(line) if line else None, int(column) if column else None)
        section.lines.append(made)
        return
    if _BEGUN.search(text):
        section.begun, section.where = True, where
    if _ENDED.search(text):
        section.ended = True
    level = _LEVEL.match(text)
    if level is not None and level["level"] in ("ERROR", "FATAL"):
        words = _THREAD.sub("", level["text"])
        own = section.begun and where == section.where
        (section.errors if own else section.errors_around).append(words)
