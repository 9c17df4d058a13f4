"""The logs of imports in SFCC's own form: lines of text, which WebDAV serves.

Salesforce documents the words (https://help.salesforce.com/s/articleView?id=cc.b2c_import_export_error_handling.htm):
``Starting Import``, ``Processed N total elements``, ``DATAERROR`` for an element that was left out, ``DATAWARNING``. The
lines around them are as instances show them, for example in
https://github.com/algolia/algoliasearch-sfcc-b2c/issues/128::

    [2026-11-22 02:45:00.123 GMT] INFO Starting Import of 'inventory' from: cartage/inventory/inventory_….xml
    [2026-11-22 02:45:00.456 GMT] WARN [DATAERROR] [12/37] Record: 4711: the site catalogue has no product 4711

``12/37`` are line and column of the (unpacked) feed behind the element's start tag, both from 1.
"""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    Json = dict[str, Any]

_GROUPS = {"list-id": "InventoryList", "pricebook-id": "PriceBook"}
"""What a header is called, by the attribute that names its list or book."""


def stamped(level: str, text: str) -> str:
    """Give a line of a log as of now.

    Args:
        level: INFO, WARN or ERROR.
        text: what happened, on one line.
    """
    now = datetime.now(UTC)
    return f"[{now:%Y-%m-%d %H:%M:%S}.{now.microsecond // 1000:03d} GMT] {level} {' '.join(text.split())}\n"


def import_lines(report: Path, feed: Path, *, kind: str, folder: str, mode: str) -> Iterator[str]:
    """Give the lines that SFCC writes of the import of one feed.

    Args:
        report: the JSON lines of `sandbox.sfcc.feeds.log`, whole.
        feed: the feed, packed or not.
        kind: what it holds, ``inventory``.
        folder: the folder below IMPEX/src that the job took it from.
        mode: of the import.
    """
    yield stamped("INFO", "Import:  Start")
    yield stamped("INFO", f"ImportFile:  {folder}/{feed.name}")
    yield stamped("INFO", f"ImportMode:  {mode.upper()}")
    yield stamped("INFO", f"Starting Import of '{kind}' from: {folder}/{feed.name}")
    ends = _ends(feed, _lines_of(report))
    for entry in _entries(report):
        if "summary" in entry:
            yield from _end(entry["summary"])
        elif entry["severity"] == "ERROR":
            place = f" [line {entry['line']}]" if entry.get("line") else ""
            yield stamped("ERROR", f"Import aborted: {entry['message']}{place}")
        else:
            yield stamped("WARN", data_line(entry, ends.get(entry.get("line") or 0)))


def data_line(entry: Mapping[str, Any], text: str | None) -> str:
    """Give what is said of an element that was not taken as it stood.

    Args:
        entry: a line of the JSON report.
        text: the feed's line that the element's start tag ends in; None where it is not known.
    """
    ids = entry["ids"]
    name = next(reversed(ids.values()), "") if ids else ""
    place = f" [{entry['line']}/{_column(text, name)}]" if text is not None else ""
    return f"[{entry['severity']}]{place} {_kind(entry)}: {name}: {entry['message']}"


def _kind(entry: Mapping[str, Any]) -> str:
    if entry["element"] == "header":
        return next((kind for each, kind in _GROUPS.items() if each in entry["ids"]), "Header")
    return "".join(part.capitalize() for part in str(entry["element"]).replace("_", "-").split("-"))


def _column(text: str, name: str) -> int:
    """Give the column behind the start tag that holds a name, or behind the line's first tag."""
    at = text.find(f'"{name}"')
    end = text.find(">", max(at, 0))
    return (end if end >= 0 else len(text)) + 2


def _end(summary: Mapping[str, Any]) -> Iterator[str]:
    if summary["status"] != "OK":
        return
    for element, count in summary["elements"].items():
        yield stamped("INFO", f"Processed {count} {element} elements")
    yield stamped("INFO", f"Processed {sum(summary['elements'].values())} total elements")
    errors, warnings = summary["errors"], summary["warnings"]
    yield stamped("INFO", f"Import:  Finished ({errors} data errors, {warnings} data warnings)")


def _entries(report: Path) -> Iterator[Json]:
    with report.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _lines_of(report: Path) -> set[int]:
    return {entry["line"] for entry in _entries(report) if entry.get("line")}


def _ends(feed: Path, wanted: Iterable[int]) -> dict[int, str]:
    """Give some lines of a feed, by number."""
    numbers = set(wanted)
    if not numbers:
        return {}
    try:
        with gzip.open(feed, "rb") if feed.name.endswith(".gz") else feed.open("rb") as file:
            return {at: line.decode("utf-8", "replace") for at, line in enumerate(file, 1) if at in numbers}
    except (OSError, EOFError):  # what cannot be unpacked was refused with that reason
        return {}
