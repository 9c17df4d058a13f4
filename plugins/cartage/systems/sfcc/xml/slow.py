"""The slow reader: each record by itself, by lxml, so that a bad one costs no other.

It walks the same paths as the fast reader and gives the same rows. It is used for stretches that the
fast reader doubts, and it is what the fast reader is tested against.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from lxml import etree

from cartage.errors import Complaint
from cartage.mapping.source import name_of
from cartage.systems.sfcc.xml.document import parser
from cartage.systems.sfcc.xml.rows import SEPARATOR, WHITE, Found, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.mapping.source import Element, SourceMapping
    from cartage.systems.sfcc.xml.cutting import Segment
    from cartage.systems.sfcc.xml.document import Document

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


class _Fault(Exception):  # noqa: N818 - it is the record's
    """What is wrong with a record."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.complaint = Complaint(code, message)


@dataclass
class _Texts:
    """Rows in the making."""

    record: list[int] = field(default_factory=list)
    around: list[int] = field(default_factory=list)
    texts: dict[str, list[str | None]] = field(default_factory=dict)


class SlowReader:
    """Reads records of one document, each by itself.

    Args:
        mapping: what to read.
        document: the document that they are of.
    """

    def __init__(self, mapping: SourceMapping, document: Document) -> None:
        self._document = document
        self._elements = mapping.elements
        self._record = mapping.elements[0]
        self._repeatable = {
            element: {path for each in element.columns.values() if each.read_as for path in each.first}
            for element in mapping.elements
        }
        key = mapping.elements[0].columns[mapping.key].first[0].removeprefix("@")
        self._key = re.compile(rf"^<[^<>]*?\s{re.escape(key)}\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')".encode())

    def find(self, segments: list[Segment]) -> tuple[Found, dict[int, Complaint]]:
        """Find all rows in these records.

        Returns:
            The rows of the records that could be read (the key of a record is its place in the list),
            and for each of the others why it could not.
        """
        kept: dict[Element, _Texts] = {}
        faults: dict[int, Complaint] = {}
        for number, segment in enumerate(segments):
            try:
                rows = self._read(number, segment)
            except _Fault as fault:
                faults[number] = fault.complaint
                continue
            for element, texts in rows.items():
                _append(kept.setdefault(element, _Texts()), texts, kept[element.around] if element.around else None)
        return {element: _rows(texts) for element, texts in kept.items()}, faults

    def key(self, segment: Segment) -> str | None:
        """Read the record's number off its start tag, if that can be read."""
        match = self._key.match(segment.content)
        if not match:
            return None
        text = html.unescape((match[1] or match[2] or b"").decode("utf-8", "replace")).strip(WHITE)
        return text or None

    def _read(self, number: int, segment: Segment) -> dict[Element, _Texts]:
        if not segment.whole:
            raise _Fault("cut_off", f"the record that begins in line {segment.line} does not end; export it again")
        content = self._document.start + segment.content + self._document.end
        try:
            root = etree.fromstring(content, parser())
        except etree.XMLSyntaxError as error:
            raise _Fault("not_xml", _plain(error, segment)) from error
        if len(root) != 1:
            raise _Fault("not_xml", f"the record that begins in line {segment.line} holds more than one record")
        found: dict[Element, _Texts] = {}
        nodes: dict[Element, list[etree._Element]] = {self._record: [root[0]]}
        for element in self._elements:
            if element.around is None:
                around = [0]
            else:
                pairs = list(self._below(element, nodes.get(element.around, [])))
                nodes[element] = [node for _, node in pairs]
                around = [row for row, _ in pairs]
            texts = self._texts(element, nodes[element])
            if element.single:
                there = [any(text[row] is not None for text in texts.values()) for row in range(len(around))]
                nodes[element] = [node for node, is_there in zip(nodes[element], there, strict=True) if is_there]
                around = [row for row, is_there in zip(around, there, strict=True) if is_there]
                texts = self._texts(element, nodes[element])
            if around:
                found[element] = _Texts([number] * len(around), around, texts)
        return found

    def _below(self, element: Element, parents: list[etree._Element]) -> Iterator[tuple[int, etree._Element]]:
        """Give the element's nodes, each with the row of the one around it."""
        assert element.around is not None
        *containers, last = element.steps[len(element.around.steps) :]
        for row, parent in enumerate(parents):
            node: etree._Element | None = parent
            for step in containers:
                node = self._child(node, step) if node is not None else None
            if node is None:
                continue
            children = list(node.iterchildren(self._name(last)))
            if element.single and len(children) > 1:
                raise _Fault("repeated", f"<{last}> stands more than once where it may stand once")
            yield from ((row, child) for child in children)

    def _texts(self, element: Element, nodes: list[etree._Element]) -> dict[str, list[str | None]]:
        return {path: [self._text(element, path, node) for node in nodes] for path in element.paths}

    def _text(self, element: Element, path: str, node: etree._Element) -> str | None:
        parent = name_of(path)
        if parent is not None:
            owner = self._follow(node, parent.split("/")) if parent else node
            child = next(iter(owner), None) if owner is not None else None
            return etree.QName(child).localname if child is not None else None
        if path == ".":
            text = "".join([node.text or "", *(child.tail or "" for child in node)])
            return text.strip(WHITE) or None
        steps = path.split("/")
        if steps[-1].startswith("@"):
            owner = self._follow(node, steps[:-1])
            name = _XML_LANG if steps[-1] == "@xml:lang" else steps[-1][1:]
            value = owner.get(name) if owner is not None else None
            return value.strip(WHITE) if value is not None else None
        if path in self._repeatable[element]:
            owner = self._follow(node, steps[:-1])
            several = [] if owner is None else [_simple(each) for each in owner.iterchildren(self._name(steps[-1]))]
            return (SEPARATOR.join(several).strip(WHITE) or None) if several else None
        owner = self._follow(node, steps)
        return (_simple(owner).strip(WHITE) or None) if owner is not None else None

    def _follow(self, node: etree._Element, steps: list[str]) -> etree._Element | None:
        current: etree._Element | None = node
        for step in steps:
            if current is None:
                return None
            current = self._child(current, step)
        return current

    def _child(self, node: etree._Element, name: str) -> etree._Element | None:
        children = list(node.iterchildren(self._name(name)))
        if len(children) > 1:
            raise _Fault("repeated", f"<{name}> stands more than once where it may stand once")
        return children[0] if children else None

    def _name(self, name: str) -> str:
        return f"{{{self._document.namespace}}}{name}"


def _simple(node: etree._Element) -> str:
    if len(node):
        name, inner = etree.QName(node).localname, etree.QName(node[0]).localname
        raise _Fault("unexpected_element", f"<{name}> holds <{inner}>, and should hold text only")
    return node.text or ""


def _append(kept: _Texts, more: _Texts, outer: _Texts | None) -> None:
    """Add one record's rows; its numbers of rows around are shifted behind those of the records before."""
    first = len(kept.record)
    # The rows around were added just before: those of this record are the last ones with its number.
    shift = _first_of(outer, more.record[0]) if outer else first
    kept.record += more.record
    kept.around += [row + shift for row in more.around]
    for path, texts in more.texts.items():
        kept.texts.setdefault(path, [None] * first).extend(texts)


def _first_of(outer: _Texts, record: int) -> int:
    row = len(outer.record)
    while row and outer.record[row - 1] == record:
        row -= 1
    return row


def _rows(texts: _Texts) -> Rows:
    arrays = {
        path: pa.array(values, pa.string())
        for path, values in texts.texts.items()
        if any(v is not None for v in values)
    }
    return Rows(np.array(texts.record, np.int64), np.array(texts.around, np.int64), arrays)


def _plain(error: etree.XMLSyntaxError, segment: Segment) -> str:
    """Say what lxml found, without the document's own words, which its messages may quote."""
    line = segment.line + max((error.lineno or 1) - 1, 0)
    try:
        segment.content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line = segment.line + segment.content.count(b"\n", 0, wrong.start)
        return f"bytes near line {line} are not UTF-8, as the document says they are; export it again as UTF-8"
    names = {code: name for name, code in vars(etree.ErrorTypes).items() if name.startswith("ERR_")}
    kind = names.get(error.code, "ERR_SYNTAX").removeprefix("ERR_").replace("_", " ").lower()
    return f"the record is no well-formed XML near line {line} ({kind}); correct it and leave the drop again"
