"""Says what elements of a feed may hold, and reads one that holds just that.

The shapes repeat what Salesforce's schemas (inventory.xsd, pricebook.xsd, store.xsd, order.xsd) say, in as much as
an import needs them: order and number of the children, attributes, and the form of texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lxml.etree import _Element

    Reader = Callable[[str], Any]

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_MOMENT = re.compile(r"-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DAY = re.compile(r"(-?\d{4,}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?")
_LANGUAGE = re.compile(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*")
_BLANKS = " \t\r\n"


class Wrong(ValueError):  # noqa: N818 - what it says of an element
    """An element is not as the schema wants it; the message says what, and never what a text held."""


def decimal(least: int | None = None, most: int | None = None) -> Reader:
    """Read ``xsd:decimal``, within limits that are themselves allowed."""

    def read(text: str) -> Decimal:
        text = text.strip(_BLANKS)
        if not _DECIMAL.fullmatch(text):
            raise Wrong("is not a decimal number")
        value = Decimal(text)
        if (least is not None and value < least) or (most is not None and value > most):
            raise Wrong(f"is not within {'' if least is None else least} and {'more' if most is None else most}")
        return value

    return read


def boolean(text: str) -> bool:
    """Read ``xsd:boolean``."""
    words = {"true": True, "1": True, "false": False, "0": False}
    try:
        return words[text.strip(_BLANKS)]
    except KeyError:
        raise Wrong("is neither true nor false") from None


def moment(text: str) -> datetime:
    """Read ``xsd:dateTime``; without a zone it is GMT, the zone of an instance."""
    text = text.strip(_BLANKS)
    if not _MOMENT.fullmatch(text):
        raise Wrong("is not a date and time")
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong("is not a date and time") from None
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def day(text: str) -> datetime:
    """Read ``xsd:date`` as its first moment in GMT."""
    found = _DAY.fullmatch(text.strip(_BLANKS))
    try:
        value = date.fromisoformat(found[1]) if found else None
    except ValueError:
        value = None
    if value is None:
        raise Wrong("is not a date")
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def text(most: int | None = None) -> Reader:
    """Read a text of up to so many characters."""

    def read(value: str) -> str:
        if most is not None and len(value) > most:
            raise Wrong(f"is longer than {most} characters")
        return value

    return read


def name(most: int) -> Reader:
    """Read a text of one line that is not empty and neither begins nor ends with a blank."""

    def read(value: str) -> str:
        if not 1 <= len(value) <= most or value[0].isspace() or value[-1].isspace() or "\n" in value or "\r" in value:
            raise Wrong(f"is not a text of 1 to {most} characters without blanks around it")
        return value

    return read


def one_of(*words: str) -> Reader:
    """Read one of these words, to the letter."""

    def read(value: str) -> str:
        if value not in words:
            raise Wrong(f"is not one of {', '.join(words)}")
        return value

    return read


def matching(pattern: str, what: str) -> Reader:
    """Read a text that matches all of a pattern."""
    compiled = re.compile(pattern)

    def read(value: str) -> str:
        if not compiled.fullmatch(value):
            raise Wrong(f"is not {what}")
        return value

    return read


def language(text: str) -> str:
    """Read ``xml:lang``."""
    value = text.strip(_BLANKS)
    if not _LANGUAGE.fullmatch(value):
        raise Wrong("is not a language")
    return value


@dataclass(frozen=True)
class Attribute:
    """An attribute that an element may have, or must."""

    read: Reader
    required: bool = False


@dataclass(frozen=True)
class Leaf:
    """An element that holds a text."""

    read: Reader
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True)
class Child:
    """A place among the children of an element: one of these names, in this number.

    Attributes:
        names: elements that may stand here, by local name; more than one is a choice.
        required: whether one must.
        many: whether several may.
    """

    names: Mapping[str, Leaf | Shape]
    required: bool = False
    many: bool = False


@dataclass(frozen=True)
class Shape:
    """An element that holds elements, in this order; `mixed` ones may hold text between them."""

    children: tuple[Child, ...]
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    mixed: bool = False


def child(name: str, kind: Leaf | Shape | Reader, *, required: bool = False, many: bool = False) -> Child:
    """Give the place of one element."""
    known = kind if isinstance(kind, (Leaf, Shape)) else Leaf(kind)
    return Child({name: known}, required, many)


@dataclass
class Found:
    """An element as it was read.

    Attributes:
        name: local name.
        line: line of its start tag in the (unpacked) file.
        value: the text as read; of a mixed element, its text.
        attributes: by name, as read.
        children: in document order.
        position: which of its kind it is in the feed, from 1; 0 for what is no item of a feed.
        place: which of all items it is.
    """

    name: str
    line: int
    value: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    children: list[Found] = field(default_factory=list)
    position: int = 0
    place: int = 0

    def all(self, name: str) -> list[Found]:
        """Give the children of a name."""
        return [each for each in self.children if each.name == name]

    def first(self, name: str) -> Found | None:
        """Give the first child of a name, or None."""
        return next((each for each in self.children if each.name == name), None)

    def get(self, name: str) -> Any:
        """Give the value of the first child of a name, or None."""
        found = self.first(name)
        return None if found is None else found.value


def read(element: _Element, kind: Leaf | Shape, namespace: str) -> Found:
    """Read an element that is as the schema wants it.

    Args:
        element: the element.
        kind: what it may hold.
        namespace: the namespace that it and all below it must be in.

    Raises:
        Wrong: it is not; the message names the place.
    """
    local = _local(element.tag, namespace)
    attributes = _attributes(element, kind.attributes, local)
    line = int(element.sourceline or 0)
    if isinstance(kind, Leaf):
        if any(isinstance(each.tag, str) for each in element):
            raise Wrong(f"{local} holds elements")
        try:
            return Found(local, line, kind.read(_words(element)), attributes)
        except Wrong as wrong:
            raise Wrong(f"{local} {wrong}") from None
    children = _children(element, kind, namespace, local)
    words = _words(element)
    if not kind.mixed and (words.strip(_BLANKS) if kind.children else words):
        raise Wrong(f"{local} holds text")
    return Found(local, line, words if kind.mixed else None, attributes, children)


def _words(element: _Element) -> str:
    """Give an element's own text; a comment within it is no part of that."""
    if not len(element):
        return element.text or ""
    return "".join([element.text or "", *(each.tail or "" for each in element)])


@lru_cache(maxsize=1024)
def _local(tag: str, namespace: str) -> str:
    found, _, local = tag[1:].rpartition("}")
    if found != namespace:
        raise Wrong(f"{tag} is not in the namespace of the feed")
    return local


def _attributes(element: _Element, known: Mapping[str, Attribute], local: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not known and not element.attrib:
        return found
    for each, value in element.attrib.items():
        if each not in known:
            if each.startswith("{http://www.w3.org/2001/XMLSchema-instance}"):
                continue
            raise Wrong(f"{local} has the unknown attribute {each}")
        try:
            found[each] = known[each].read(value)
        except Wrong as wrong:
            raise Wrong(f"{local}/@{each} {wrong}") from None
    for each, attribute in known.items():
        if attribute.required and each not in found:
            raise Wrong(f"{local} lacks the attribute {each}")
    return found


def _children(element: _Element, kind: Shape, namespace: str, local: str) -> list[Found]:
    found: list[Found] = []
    places, place, taken = kind.children, 0, 0
    for each in element:
        if not isinstance(each.tag, str):
            continue  # a comment or a processing instruction
        named = _local(each.tag, namespace)
        while place < len(places) and (named not in places[place].names or (taken and not places[place].many)):
            _satisfied(places[place], taken, local)
            place, taken = place + 1, 0
        if place == len(places):
            known = any(named in each.names for each in places)
            raise Wrong(f"{named} stands at the wrong place in {local}, or too often" if known
                        else f"{local} has the unknown element {named}")  # fmt: skip
        found.append(read(each, places[place].names[named], namespace))
        taken += 1
    for rest in places[place:]:
        _satisfied(rest, taken, local)
        taken = 0
    return found


def _satisfied(place: Child, taken: int, local: str) -> None:
    if place.required and not taken:
        raise Wrong(f"{local} lacks {' or '.join(place.names)}")


CUSTOM_ATTRIBUTES = Shape(
    (
        child(
            "custom-attribute",
            Shape(
                (child("value", text(), many=True),),
                {"attribute-id": Attribute(name(256), required=True), XML_LANG: Attribute(language)},
                mixed=True,
            ),
            many=True,
        ),
    )
)
"""``custom-attributes`` of every schema."""


def custom_values(found: Found | None) -> dict[str, str | list[str]]:
    """Give custom attributes by id: a list where the feed has ``value`` elements, else the text.

    Of several languages the first is taken.
    """
    values: dict[str, str | list[str]] = {}
    for each in found.children if found else ():
        several = [str(value.value) for value in each.children]
        values.setdefault(each.attributes["attribute-id"], several or str(each.value))
    return values


LOCALISED = Leaf(text(4000), {XML_LANG: Attribute(language)})
"""A text in a language, of up to 4,000 characters."""
