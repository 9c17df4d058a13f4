"""The log of one feed's import: a line for each element that was not taken as it stood, and counts.

It is a file of JSON lines beside the archived feed, ``<feed>.log.jsonl``, and appears once it is whole. Of SFCC's jobs only
the step in ``deploy/sfcc`` leaves such a file; the sandbox's all do, for tests and people to look at. What SFCC's own
steps leave is made of it by `text_log`, and served by WebDAV. Each line
but the last is ``{"severity", "code", "element", "ids", "position", "line", "skipped", "message"}``:

- severity: ``DATAERROR`` or ``DATAWARNING``, SFCC's words for what is wrong with an element; ``ERROR``: the feed was
  refused whole, or its import broke off.
- element, ids: its name (``header``, ``record``, ``price-table``, ``store``, ``order``, ``shipment``) and what tells
  it apart (``list-id``, ``product-id``, ``pricebook-id``, ``store-id``, ``order-no``, ``shipment-id``).
- position: which of its kind it is in the feed, from 1. line: its line in the unpacked file.
- skipped: whether nothing of it was imported. A skipped ``header`` takes all below it along, without a line each.

The last line is ``{"summary": {"feed", "job", "execution", "mode", "status", "started_at", "finished_at",
"elements", "imported", "skipped", "errors", "warnings"}}``; status is ``OK`` also when elements were skipped, as
SFCC's own is, and ``ERROR`` when the feed was refused.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.sfcc.feeds.structure import Found

SUFFIX = ".log.jsonl"
Severity = Literal["DATAERROR", "DATAWARNING", "ERROR"]


class ImportLog:
    """Writes the log of one feed, line by line, into a place of its own until it is whole.

    Args:
        draft: where it is written.
        about: what the summary says of the feed.
    """

    def __init__(self, draft: Path, about: dict[str, str]) -> None:
        self._about = about
        self._draft = draft
        draft.parent.mkdir(parents=True, exist_ok=True)
        self._file = draft.open("w", encoding="utf-8")
        self._pending: list[tuple[int, dict[str, Any]]] = []
        self._place = 0
        self.elements: Counter[str] = Counter()
        self.skipped = 0
        self.counts: Counter[str] = Counter()

    def seen(self, element: str) -> int:
        """Count an element; gives its position."""
        self.elements[element] += 1
        return self.elements[element]

    def at(self, place: int) -> None:
        """Say which element of the feed is spoken of from here on, counting all kinds."""
        self._place = place

    def say(
        self,
        severity: Severity,
        code: str,
        message: str,
        *,
        element: str | None = None,
        ids: dict[str, str] | None = None,
        line: int | None = None,
        position: int | None = None,
        skipped: bool = True,
    ) -> None:
        """Write a line about an element, or about the feed."""
        self.counts[severity] += 1
        self.skipped += bool(skipped and element)
        entry: dict[str, Any] = {"severity": severity, "code": code, "element": element, "ids": ids or {}}
        entry |= {"position": position, "line": line, "skipped": skipped, "message": message}
        self._pending.append((self._place, entry))

    def settle(self) -> None:
        """Write what was said of the elements so far, in the feed's order."""
        for _, entry in sorted(self._pending, key=lambda each: each[0]):
            self._write(entry)
        self._pending.clear()

    def skip(self, count: int = 1) -> None:
        """Count elements that are skipped for what was said of another one."""
        self.skipped += count

    def close(self, path: Path, status: Literal["OK", "ERROR"], **times: str) -> dict[str, Any]:
        """Write the summary and let the log appear at its place; gives the summary."""
        self.settle()
        total = sum(self.elements.values())
        summary = {
            **self._about,
            "status": status,
            **times,
            "elements": dict(self.elements),
            "imported": total - self.skipped,
            "skipped": self.skipped,
            "errors": self.counts["DATAERROR"] + self.counts["ERROR"],
            "warnings": self.counts["DATAWARNING"],
        }
        self._write({"summary": summary})
        self._file.close()
        self._draft.replace(path)
        return summary

    def abandon(self) -> None:
        """Leave no log: the import did not get as far."""
        self._file.close()
        self._draft.unlink(missing_ok=True)

    def _write(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry, ensure_ascii=False) + "\n")


class Skip(Exception):  # noqa: N818 - what happens, not what kind of class it is
    """An element is not imported.

    Args:
        code: why, for programs.
        message: why, for people.
        severity: DATAERROR unless the element merely has nothing to do.
    """

    def __init__(self, code: str, message: str, severity: Severity = "DATAERROR") -> None:
        super().__init__(message)
        self.code = code
        self.severity = severity


def ids(found: Found, *names: str) -> dict[str, str]:
    """Give the attributes that tell an element apart."""
    return {name: str(found.attributes[name]) for name in names if name in found.attributes}
