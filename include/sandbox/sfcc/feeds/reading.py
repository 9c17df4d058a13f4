"""Reads a feed one element at a time, in flat memory, and trusts nothing in it.

DTDs, entities and the network are out, as on the platform; what is packed may not unpack without end.
"""

from __future__ import annotations

import gzip
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, TYPE_CHECKING, cast

from lxml import etree

from sandbox.sfcc.feeds.structure import Attribute, Leaf, Shape, Wrong, one_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MOST_BYTES = 2_000_000_000
"""Of one feed, unpacked."""


class Refused(Exception):  # noqa: N818 - what happened, not what kind of class it is
    """A feed is refused whole.

    Args:
        code: what is wrong with it, for programs.
        message: what is wrong with it, for people.
        line: line of the (unpacked) file, where it is known.
    """

    def __init__(self, code: str, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.line = line


@dataclass(frozen=True)
class Format:
    """How a kind of feed is built.

    Attributes:
        namespace: namespace of all its elements.
        containers: path of each element that only holds others, by local names from the root, with the names of
            what it may hold.
        items: path of each element that is imported by itself, with its shape.
        sequences: containers that hold each of their elements at most once, in order, and the first one always.
        attributes: attributes that the root may have.
    """

    namespace: str
    containers: Mapping[tuple[str, ...], tuple[str, ...]]
    items: Mapping[tuple[str, ...], Shape | Leaf]
    sequences: frozenset[tuple[str, ...]] = frozenset()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """Give the root element's tag."""
        return f"{{{self.namespace}}}{next(iter(self.containers))[0]}"

    @property
    def tags(self) -> list[str]:
        """Give every tag that reading has to stop at."""
        return sorted({f"{{{self.namespace}}}{path[-1]}" for path in (*self.containers, *self.items)})


class _Limited:
    """A file that ends the reading of what never ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = MOST_BYTES

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise Refused("too_large", f"the feed unpacks to more than {MOST_BYTES:,} bytes")
        return block


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    with path.open("rb") as raw:
        if path.name.endswith(".gz"):
            with gzip.GzipFile(fileobj=raw, mode="rb") as packed:
                yield cast("IO[bytes]", _Limited(cast("IO[bytes]", packed)))
        else:
            yield raw


def items(path: Path, form: Format) -> Iterator[tuple[tuple[str, ...], etree._Element]]:
    """Give the elements of a feed that are imported by themselves, one at a time, with their paths.

    An element is good until the next one is asked for.

    Raises:
        Refused: the file cannot be unpacked, is not well-formed, has a DTD, or is not built like this kind of feed.
    """
    try:
        _check_root(path, form)
        with _opened(path) as file:
            yield from _walk(file, form)
    except etree.XMLSyntaxError as error:
        raise Refused("not_well_formed", f"the XML is not well-formed: {error.msg}", error.lineno) from error
    except (OSError, EOFError, zlib.error) as error:
        raise Refused("not_readable", f"the file cannot be read: {error}") from error


def root_of(path: Path) -> str | None:
    """Give the tag of a feed's root element; None where the file does not get as far."""
    try:
        with _opened(path) as file:
            _, root = next(iter(_parser(file, ("start",), None)))
            return str(root.tag)
    except (etree.XMLSyntaxError, OSError, EOFError, zlib.error, StopIteration):
        return None


def _parser(file: IO[bytes], events: tuple[str, ...], tags: list[str] | None) -> etree.iterparse:
    return etree.iterparse(
        file, events=events, tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )


def _check_root(path: Path, form: Format) -> None:
    with _opened(path) as file:
        _, root = next(iter(_parser(file, ("start",), None)))
        if root.getroottree().docinfo.internalDTD is not None:
            raise Refused("dtd", "the feed has a document type declaration, which is not allowed", 1)
        if root.tag != form.root:
            raise Refused("wrong_root", f"the root element is {root.tag}, not {form.root}", root.sourceline)
        _check_attributes(root, form.attributes)


def _check_attributes(element: etree._Element, known: Mapping[str, Attribute]) -> None:
    for name, value in element.attrib.items():
        if name.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
            continue
        attribute = known.get(name)
        if attribute is None:
            raise Refused("invalid", f"{_name(element)} has the unknown attribute {name}", element.sourceline)
        try:
            attribute.read(value)
        except Wrong as wrong:
            raise Refused("invalid", f"the attribute {name} of {_name(element)} {wrong}", element.sourceline) from None


def _name(element: etree._Element) -> str:
    return _local(element.tag)


@lru_cache(maxsize=1024)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _walk(file: IO[bytes], form: Format) -> Iterator[tuple[tuple[str, ...], etree._Element]]:
    """Go through a feed; an element counts only where its parent is the container that is open."""
    open_ones: list[tuple[tuple[str, ...], etree._Element, list[str]]] = []
    top: etree._Element | None = None
    for event, element in _parser(file, ("start", "end"), form.tags):
        if event == "end" and top is not None and element is top:
            path, _, begun = open_ones.pop()
            top = open_ones[-1][1] if open_ones else None
            _check_end(element, form.containers[path])
            if path in form.sequences and not begun:
                raise Refused("invalid", f"{path[-1]} lacks {form.containers[path][0]}", element.sourceline)
        elif element.getparent() is top:
            path = (*(open_ones[-1][0] if open_ones else ()), _name(element))
            if event == "end":
                if path in form.items:
                    _check_siblings(element, form.containers[path[:-1]])
                    yield path, element
                    _forget(element)
                continue
            if path[:-1] in form.sequences:
                _check_sequence(element, form.containers[path[:-1]], open_ones[-1][2])
            if path in form.containers:
                _check_attributes(element, form.attributes if top is None else {})
                open_ones.append((path, element, []))
                top = element


def _check_sequence(element: etree._Element, order: tuple[str, ...], begun: list[str]) -> None:
    """See that an element is at its place in a container that holds each once."""
    name = _name(element)
    if name not in order or order.index(name) != len(begun):
        raise Refused("invalid", f"{name} may not stand here in {_name(element.getparent())}", element.sourceline)
    begun.append(name)


def _check_siblings(element: etree._Element, allowed: tuple[str, ...]) -> None:
    """See that nothing unknown stood between this element and the one before."""
    for each in element.itersiblings(preceding=True):
        if isinstance(each.tag, str) and _name(each) not in allowed:
            raise Refused("invalid", f"{_name(each)} may not stand in {_name(each.getparent())}", each.sourceline)


def _forget(element: etree._Element) -> None:
    """Free the memory of an element and of what stood before it."""
    element.clear(keep_tail=True)
    parent, before = element.getparent(), element.getprevious()
    while before is not None:
        if (before.tail or "").strip():
            raise Refused("invalid", f"{_name(parent)} holds text", before.sourceline)
        parent.remove(before)
        before = element.getprevious()


def _check_end(element: etree._Element, allowed: tuple[str, ...]) -> None:
    for each in element:
        if isinstance(each.tag, str) and _name(each) not in allowed:
            raise Refused("invalid", f"{_name(each)} may not stand in {_name(element)}", each.sourceline)
    if (element.text or "").strip() or any((each.tail or "").strip() for each in element):
        raise Refused("invalid", f"{_name(element)} holds text", element.sourceline)


VERSION = Attribute(one_of("18.5", "19.2", "19.5", "20.6", "20.8", "21.9", "22.1", "22.9", "23.4", "26.5"))
"""``orders/@version``."""
