"""What becomes of a few records here, for somebody who tries a change: nothing is sent, and nothing noted.

In: one record is cut out of a drop, and read as a drop of its own. Out: the documents or feed lines that the shop
would be told.
"""

from __future__ import annotations

import re
import tempfile
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from lxml import etree

from cartage.errors import BatchError
from cartage.mapping import canonical
from cartage.systems.sfcc.entry import transformer
from cartage.systems.sfcc.feeds.forms import FORMS
from cartage.systems.sfcc.feeds.rendering import Renderer
from cartage.systems.sfcc.feeds.rules import load
from cartage.systems.sfcc.xml.cutting import Cutter
from cartage.systems.sfcc.xml.document import open_document
from cartage.systems.sfcc.xml.reader import DocumentReader, Reading
from cartage.systems.sfcc.xml.slow import SlowReader
from cartage.systems.sfcc.xml.tables import VERSION_TIME, Numbers, Origin
from cartage.systems.sfcc.xml.unpacking import blocks
from cartage.tried import Tried

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from cartage.context import FlowContext
    from cartage.mapping.source import SourceMapping
    from cartage.records.batch import Batch
    from cartage.seams import Read

STRETCH = 4_000_000
"""Bytes of a drop that are looked through at a time."""

_PREFIX = re.compile(rb"<([A-Za-z_][\w.-]*):")


def cut_out(path: Path, mapping: SourceMapping, number: str, *, max_megabytes: int) -> bytes | None:
    """Give one record of a drop as a document of its own: the root's start tag, the record, the root's end tag.

    Args:
        path: the drop.
        mapping: says which root and elements it has.
        number: the record's number; empty for the first one that is whole.
        max_megabytes: how large the drop may be, unpacked.

    Raises:
        DocumentRefused: it is no drop of such records.
        DocumentDamaged: it cannot be unpacked as far as the record.
    """
    document = open_document(blocks(path, max_megabytes=max_megabytes), mapping)
    if document.empty:
        return None
    cutter, reader = Cutter(document, mapping.element, size=STRETCH), SlowReader(mapping, document)
    for stretch in cutter:
        if number and _as_written(number) not in stretch.content:
            continue
        for segment in cutter.segments(stretch)[0]:
            if segment.whole and number in ("", reader.key(segment)):
                return document.start + segment.content + document.end
    return None


def wrapped(original: bytes, mapping: SourceMapping) -> bytes:
    """Give the bytes of one record, as quarantine keeps what could not be read, as a document of their own."""
    root, prefix = mapping.roots[0].encode(), _PREFIX.match(original)
    name = b"xmlns:%s" % prefix[1] if prefix else b"xmlns"
    root = b"%s:%s" % (prefix[1], root) if prefix else root
    return b'<%s %s="%s">%s</%s>' % (root, name, mapping.namespaces[0].encode(), original, root)


def read_again(content: bytes, mapping: SourceMapping, *, site: str, drop: str, at: datetime) -> Read:
    """Read a document of one record.

    Args:
        content: the document.
        mapping: what to read it by.
        site: the site it belongs to.
        drop: name of the drop that it was cut out of.
        at: the record's version: when the drop was exported, or landed.

    Raises:
        DocumentRefused: by this mapping it is no document of such records.
        BatchError: by this mapping there is no record in it.
    """
    origin = Origin(site, drop, at.astimezone(UTC).strftime(VERSION_TIME), 0, {})
    with tempfile.TemporaryDirectory(prefix="cartage-") as folder:
        path = Path(folder) / "record.xml"
        path.write_bytes(content)
        reader = DocumentReader(mapping, fast=False)
        reads = list(reader.read(path, origin, Numbers.start(mapping.record), Reading()))
    if not reads:
        raise BatchError(f"There is no <{mapping.element}> in it: `element:` says what the record is called.")
    return reads[0]


def texts_of(content: bytes) -> frozenset[str]:
    """Give all texts between the tags of a document, be it broken or not."""
    root = etree.fromstring(content, etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    return (
        frozenset(text for each in root.itertext() if (text := str(each).strip())) if root is not None else frozenset()
    )


def masked(made: Sequence[Tried], known: Collection[str]) -> list[Tried]:  # noqa: ARG001 - of the seam
    """Mask personal data: what the shop is told of stock, prices, shipments and stores holds none."""
    return list(made)


def tried(flow: FlowContext, batch: Batch) -> Tried:
    """Give what the shop would be told of these shipments or locations, or of these rows of a feed.

    Args:
        flow: settings and mappings to do it by.
        batch: the records; of stock and prices, the rows that a run made of them.

    Raises:
        SettingsError: a mapping is wrong; with file and line.
        BatchError: SFCC takes no such records.
    """
    form = next((each for each in FORMS.values() if each.rows == batch.record), None)
    if form is not None:
        return _lines(Renderer(form, load(form, flow.include), flow.settings.prices.feed.deletion), batch)
    (made,) = transformer(flow)([batch], len(batch))
    texts = {
        f"{row['type']} {row['external_id']}": canonical.pretty(row["body"] or "{}")
        for row in made.documents.root.to_pylist()
    }
    return Tried(texts, tuple(each for verdict in made.verdicts for each in verdict.complaints))


def _lines(renderer: Renderer, batch: Batch) -> Tried:
    """Give the elements of a feed, an element or attribute a line."""
    lines = renderer.lines(batch)
    texts: dict[str, str] = {}
    for row, line in zip(lines.rows.to_pylist(), lines.texts.to_pylist(), strict=True):
        elements = etree.fromstring(f"<told>{line}</told>")
        for each in elements:
            etree.indent(each)
        name = f"{renderer.form.item} of {row['sku']} in {row['group']}"
        texts[name] = "\n".join(etree.tostring(each, encoding="unicode", with_tail=False) for each in elements)
    return Tried(texts, tuple(each for refused in lines.refused for each in refused.complaints))


def _as_written(number: str) -> bytes:
    """Give the longest part of a number that stands in XML as it is."""
    return max(re.split(r"[&<>\"']", number), key=len).encode()
