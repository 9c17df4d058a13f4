"""The fast reader: a stretch of whole records at once, by xml2arrow, from the mapping's own paths.

xml2arrow is lenient where XML is strict, and strict where real documents are not. `FastReader`
therefore looks at the bytes first, mends what can be mended without changing a meaning, and steps
aside (`Doubt`) for everything else: the slow reader then reads the same stretch record by record.

What was tried, with xml2arrow 0.19: it does not know namespaces, so any further ``xmlns`` is a
doubt; it takes control characters and forbidden character references; it keeps carriage returns,
which XML turns into line feeds; an element that is there but empty is the same as none, so the
*name* of a first child is written into the bytes beforehand; an element that is repeated fails the
whole stretch, so values that may be repeated are joined beforehand; a container that is repeated
starts to count from 0 again, which is seen in the counts.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xml2arrow

from cartage.mapping.source import name_of
from cartage.systems.sfcc.xml.cutting import has_pair
from cartage.systems.sfcc.xml.marking import CACHED, NAME, Marker, Needle, UnusualMarkupError
from cartage.systems.sfcc.xml.rows import WHITE, Found, Rows, ordinals

if TYPE_CHECKING:
    from cartage.mapping.source import Element, SourceMapping
    from cartage.systems.sfcc.xml.document import Document
    from cartage.systems.sfcc.xml.rows import Index

_REFERENCE = re.compile(rb"&#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}));")


class Doubt(Exception):  # noqa: N818 - not an error: the slow reader goes on
    """The fast reader cannot be sure of these bytes."""


class FastReader:
    """Reads stretches of one kind of document.

    Args:
        mapping: what to read.
        document: the document that the stretches are of.
    """

    def __init__(self, mapping: SourceMapping, document: Document) -> None:
        self._document = document
        self._elements = mapping.elements
        self._own = {each: _own_table(each) for each in mapping.elements}
        self._parser = self._make_parser(mapping)
        named = [document.prefix + name for name in mapping.named_children]
        self._marker = Marker(named, [document.prefix + name for name in _repeated_names(mapping)])
        self._namespace: Needle | None = None

    def find(self, content: bytes) -> Found:
        """Find all rows in a stretch of whole records.

        Raises:
            Doubt: the slow reader must look at it.
        """
        document = self._document
        if document.mixed:
            raise Doubt("the root declares further namespaces")
        prepared = self._prepare(content)
        try:
            batches = self._parser.parse(prepared)
        except (xml2arrow.Xml2ArrowError, TypeError, ValueError) as error:
            raise Doubt(type(error).__name__) from error  # its message quotes the document
        return self._rows(batches)

    def _prepare(self, content: bytes) -> bytes:
        """Mend what xml2arrow reads otherwise than XML means it, or doubt."""
        tags = self._marker.tags(content)
        if tags.has_declarations():
            raise Doubt("markup that a record does not have")
        if self._namespace is None:  # the first stretch shows what is rare in this document
            self._namespace = Needle(b"xmlns", content)
        if next(self._namespace.places(content), None) is not None:
            raise Doubt("a namespace within a record")
        _check_characters(content)
        if has_pair(content, b"&#"):
            _check_references(content)
        if b"\r" in content:
            content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            tags = self._marker.tags(content)
        try:
            return self._marker.mend(content, tags, self._document.start, self._document.end)
        except UnusualMarkupError as error:
            raise Doubt(str(error)) from error

    def _rows(self, batches: dict[str, pa.RecordBatch]) -> Found:
        found: Found = {}
        for element in self._elements:
            batch = batches[f"t{self._own[element].number}"]
            if batch.num_rows == 0:
                if element.around is None:
                    raise Doubt("no record was found")
                continue
            rows = self._single(element, batch, found) if element.single else self._several(element, batch, found)
            if rows is not None and len(rows):
                found[element] = rows
        return found

    def _several(self, element: Element, batch: pa.RecordBatch, found: Found) -> Rows:
        """Rows of an element that has a table of its own in the parser."""
        counts = [batch.column(level).to_numpy().astype(np.int64) for level in range(_depth(element))]
        if element.around is None:
            if not np.array_equal(counts[0], np.arange(batch.num_rows)):
                raise Doubt("records were counted otherwise")
            return Rows(counts[0], counts[0], self._texts(element, batch))
        around = counts[0]
        for outer, count in zip(_chain(element)[1:-1], counts[1:-1], strict=True):
            around = _row_of(found, outer, around, count)
        if not (np.all(around[1:] >= around[:-1]) and np.array_equal(counts[-1], ordinals(around))):
            raise Doubt("a container is repeated")
        if element.around.single:
            around = self._within_single(element.around, around, found)
        return Rows(counts[0], around, self._texts(element, batch))

    def _within_single(self, single: Element, around: Index, found: Found) -> Index:
        """Turn row numbers of the element around a single element into the single element's own."""
        if single not in found:
            raise Doubt("rows within an element without text")
        owners = found[single].around
        at = np.searchsorted(owners, around)
        if at.max(initial=0) >= len(owners) or not np.array_equal(owners[at], around):
            raise Doubt("rows within an element without text")
        return at.astype(np.int64)

    def _single(self, element: Element, batch: pa.RecordBatch, found: Found) -> Rows | None:
        """Rows of an element that shares the parser's table of the element around it."""
        texts = self._texts(element, batch)
        if not texts:
            return None
        there = np.zeros(batch.num_rows, dtype=bool)
        for text in texts.values():
            there |= pc.is_valid(text).to_numpy(zero_copy_only=False)
        around = np.flatnonzero(there).astype(np.int64)
        mask = pa.array(there)
        assert element.around is not None
        record = found[element.around].record[around]
        return Rows(record, around, {path: text.filter(mask) for path, text in texts.items()})

    def _texts(self, element: Element, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        texts = {}
        for path in element.paths:
            text = batch.column(f"f{element.number}:{path}")
            if text.null_count < len(text):
                texts[path] = _trimmed(text, attribute="@" in path)
        return texts

    def _make_parser(self, mapping: SourceMapping) -> xml2arrow.XmlToArrowParser:
        """Write the parser's configuration: a table an element, a field a path."""
        base = f"/{self._document.root}/{mapping.element}"
        tables: dict[Element, dict[str, Any]] = {}
        for element in mapping.elements:
            owner = self._own[element]
            if owner not in tables:
                container = base if owner.steps else f"/{self._document.root}"
                container += "".join(f"/{step}" for step in owner.steps[:-1])
                levels = [f"l{n}" for n in range(_depth(owner))]
                tables[owner] = {"name": f"t{owner.number}", "xml_path": container, "levels": levels, "fields": []}
            own = base + "".join(f"/{step}" for step in element.steps)
            tables[owner]["fields"] += [
                {
                    "name": f"f{element.number}:{path}",
                    "xml_path": _field_path(own, path),
                    "data_type": "Utf8",
                    "nullable": True,
                }
                for path in element.paths
            ]
        config = {"parser_options": {"trim_text": False}, "tables": list(tables.values())}
        with tempfile.TemporaryDirectory(prefix="cartage-") as folder:  # the parser takes its configuration as a file
            file = Path(folder) / "xml2arrow.yaml"
            file.write_text(json.dumps(config), encoding="utf-8")
            return xml2arrow.XmlToArrowParser(file)


def _trimmed(text: pa.Array, *, attribute: bool) -> pa.Array:
    """Trim; an element without text is the same as none, an attribute may be empty."""
    if _is_trim(text):
        return text
    trimmed = pc.ascii_trim(text, WHITE)
    if attribute or trimmed.nbytes == text.nbytes:  # the parser itself gives null for an empty element
        return trimmed
    blank = pc.equal(trimmed, "")
    return pc.if_else(blank, None, trimmed) if pc.any(blank).as_py() else trimmed


def _is_trim(text: pa.Array) -> bool:
    """Tell whether no text is empty or has white space at either end: twice as fast as to trim them."""
    _, places, content = text.buffers()
    bounds = np.frombuffer(places, np.int32)[text.offset : text.offset + len(text) + 1]
    some = np.flatnonzero(bounds[1:] > bounds[:-1])
    if content is None or len(some) + text.null_count != len(text):
        return False
    ends = np.frombuffer(content, np.uint8)
    return bool(np.minimum(ends[bounds[some]], ends[bounds[some + 1] - 1]).min(initial=255) > ord(" "))


def _check_characters(content: bytes) -> None:
    """Doubt what is not UTF-8, and characters that XML forbids."""
    values = np.frombuffer(content, np.uint8)
    for start in range(0, len(values), CACHED):
        some = values[start : start + CACHED]
        control = np.count_nonzero(some < 32) - np.count_nonzero(some == ord("\n"))
        if control and control != sum(np.count_nonzero(some == each) for each in b"\t\r"):
            raise Doubt("control characters")
    if not content.isascii():
        ends = pa.py_buffer(np.array([0, len(content)], np.int64))
        try:  # Arrow checks UTF-8 ten times as fast as Python decodes it
            pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(content)]).cast(pa.large_string())
        except pa.ArrowInvalid as error:
            raise Doubt("bytes are not UTF-8") from error


def _check_references(content: bytes) -> None:
    """Doubt character references that XML does not allow."""
    for match in _REFERENCE.finditer(content):
        code = int(match[1], 16) if match[1] else int(match[2])
        if not (
            code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF
        ):
            raise Doubt("a character reference that XML forbids")


def _own_table(element: Element) -> Element:
    while element.single and element.around:
        element = element.around
    return element


def _chain(element: Element) -> list[Element]:
    """Give the elements around that have tables of their own, the record first, the element itself last."""
    chain = [element]
    while element.around:
        element = element.around
        if not element.single:
            chain.append(element)
    return chain[::-1]


def _depth(element: Element) -> int:
    return len(_chain(element))


def _row_of(found: Found, element: Element, around: Index, count: Index) -> Index:
    """Find an element's row by the row around it and its count within that."""
    if element not in found:
        raise Doubt("rows within an element without text")
    rows = np.searchsorted(found[element].around, around, side="left") + count
    if rows.max(initial=0) >= len(found[element]) or not np.array_equal(found[element].around[rows], around):
        raise Doubt("a container is repeated")
    return rows.astype(np.int64)


def _field_path(own: str, path: str) -> str:
    parent = name_of(path)
    if parent is not None:
        return f"{own}/{parent}/{NAME.decode()}" if parent else f"{own}/{NAME.decode()}"
    if path == ".":
        return own
    return f"{own}/{path}".replace("@xml:", "@")


def _repeated_names(mapping: SourceMapping) -> list[str]:
    """Name the elements that may be repeated where their texts are read."""
    columns = (column for element in mapping.elements for column in element.columns.values())
    return sorted({path.rsplit("/", 1)[-1] for each in columns if each.read_as == "several" for path in each.first})
