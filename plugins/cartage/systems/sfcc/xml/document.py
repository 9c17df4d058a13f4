"""What a document says of itself before its first record: encoding, DOCTYPE, root, namespace."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from lxml import etree

from cartage.systems.sfcc.xml.unpacking import DocumentDamaged, DocumentRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.mapping.source import SourceMapping

_HEAD = 1 << 18
"""Bytes within which the root's start tag must end."""

_DECLARATION = re.compile(rb"^<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
_BEFORE_ROOT = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>")
_HARMLESS = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True)
class Document:
    """A document whose root is as it should be, ready to be cut into records.

    Attributes:
        start: the root's start tag, as written.
        root: the root's name without prefix, and `prefix` the prefix with its colon, or nothing.
        namespace: the root's namespace.
        columns: columns that the root's attributes give to every record.
        mixed: the root declares further namespaces, so a name's prefix matters.
        empty: the root closes itself: there is no record.
        line: the line where the content after the start tag begins, from 1.
        content: what follows the start tag, in UTF-8.
    """

    start: bytes
    root: str
    prefix: str
    namespace: str
    columns: dict[str, str | None]
    mixed: bool
    empty: bool
    line: int
    content: Iterator[bytes]

    @property
    def end(self) -> bytes:
        """The root's end tag."""
        return f"</{self.prefix}{self.root}>".encode()


def open_document(blocks: Iterator[bytes], mapping: SourceMapping) -> Document:
    """Read the document's head.

    Args:
        blocks: the document's bytes, in any encoding that it declares truly.
        mapping: says which roots and namespaces there may be.

    Raises:
        DocumentRefused: it is empty, no XML, has a DOCTYPE, an unknown encoding, or a foreign root.
    """
    utf8 = _as_utf8(blocks)
    head = b""
    for block in utf8:
        head += block
        root = _ROOT.match(head, _before_root(head))
        if root:
            return _document(head, root, utf8, mapping)
        if len(head) > _HEAD:
            break
    if not head.strip():
        raise DocumentRefused("it is empty; export it again, or remove it from the source")
    _before_root(head)
    raise DocumentRefused("it is cut off within its root element, or is no XML; export it again")


def _before_root(head: bytes) -> int:
    """Give where the root begins, when what is before it may be there."""
    match = _BEFORE_ROOT.match(head)
    begin = match.end() if match else 0
    if head.startswith(b"<!DOCTYPE", begin):
        raise DocumentRefused(
            "it has a DOCTYPE, which an export never has and which can hide entity bombs and foreign files; "
            "find out who wrote it"
        )
    if begin < len(head) and not head.startswith(b"<", begin):
        raise DocumentRefused("it is no XML: text stands where the root element should be; see what was put there")
    return begin


def _document(head: bytes, root: re.Match[bytes], rest: Iterator[bytes], mapping: SourceMapping) -> Document:
    start = root[0]
    empty = start.endswith(b"/>")
    try:
        element = etree.fromstring(start if empty else start + b"</" + root[1] + b">", parser())
    except etree.XMLSyntaxError as error:
        raise DocumentRefused(f"its root element is no XML ({error.msg}); export it again") from error
    name = etree.QName(element)
    if name.namespace not in mapping.namespaces or name.localname not in mapping.roots:
        found = f"<{name.localname}> in namespace {name.namespace or '(none)'}"
        raise DocumentRefused(
            f"its root is {found}, and should be <{mapping.roots[0]}> in {mapping.namespaces[0]}; "
            "it was left in the wrong folder, or the wrong export was scheduled"
        )
    mixed = any(uri not in (name.namespace, _HARMLESS) for uri in element.nsmap.values()) or len(element.nsmap) > 2
    return Document(
        start=start,
        root=name.localname,
        prefix=f"{element.prefix}:" if element.prefix else "",
        namespace=name.namespace,
        columns={column: element.get(path.removeprefix("@")) for column, path in mapping.document.items()},
        mixed=mixed,
        empty=empty,
        line=1 + head.count(b"\n", 0, root.end()),
        content=chain([head[root.end() :]], rest),
    )


def parser() -> etree.XMLParser:
    """A parser that opens nothing, resolves nothing and gives nothing but elements and text."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )


def _as_utf8(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Transcode to UTF-8 by byte-order mark or declaration; what says UTF-8 is passed on unseen."""
    first = b""
    for block in blocks:
        first += block
        if len(first) >= 256:
            break
    encoding, mark = _encoding(first)
    content = chain([first[mark:]], blocks)
    if encoding in ("utf-8", "ascii"):  # bytes beyond ASCII are then seen in their own record
        yield from content
        return
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for block in content:
            yield decoder.decode(block).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError as error:
        raise DocumentDamaged(f"it is not {encoding} all through, as it says it is; export it again") from error


def _encoding(first: bytes) -> tuple[str, int]:
    """Give the encoding and the length of the byte-order mark."""
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if first.startswith(mark):
            return encoding, len(mark)
    for encoding in ("utf-16-le", "utf-16-be"):
        if first.startswith("<?xml".encode(encoding)):
            return encoding, 0
    declared = _DECLARATION.match(first)
    name = declared[1].decode("ascii") if declared else "utf-8"
    try:
        known = codecs.lookup(name)
        known.incrementaldecoder()
        "".encode(name)
    except (LookupError, TypeError) as error:
        raise DocumentRefused(f"it says its encoding is {name}, which is unknown; export it as UTF-8") from error
    return known.name.replace("_", "-"), 0
