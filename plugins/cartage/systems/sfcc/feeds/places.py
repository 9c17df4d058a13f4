"""Which element of a feed a line of a log means, by its place and by the ids it names."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import IO, TYPE_CHECKING
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cartage.systems.sfcc.feeds.text_logs import DataLine

    Ids = Mapping[str, str]

WITHIN: Mapping[str, tuple[str, ...]] = {
    "list-id": (),
    "pricebook-id": (),
    "product-id": ("list-id", "pricebook-id"),
    "store-id": (),
    "order-no": (),
    "shipment-id": ("order-no",),
}
"""Attribute that names an element -> attributes of the elements that it stands in, which name it along."""

TEXTS: Mapping[str, str] = {"shipping_order_number": "shipping-order-number"}
"""Element whose text names the one that it stands in -> what the name is called."""

NAMED_BY_TEXT = frozenset({"shipping_order"})
"""Elements that are named so: their names come after their places."""

GROUPS = frozenset({"list-id", "pricebook-id"})
"""What names a whole list or book: an error is only laid at its door when the line names it."""

_END = 1 << 40
_NAMED = re.compile(r"^[^:]{1,60}:\s*(?P<id>.+?):(?:\s|$)")
_QUOTED = re.compile(r"""['"\[]([^'"\[\]]{1,256})['"\]]""")


def ids_of(content: IO[bytes], lines: Sequence[DataLine]) -> list[Ids]:
    """Say which elements lines of a log mean.

    The id that a line names (``Record: 4711: …``) goes before its place, where the feed has an element of that id: so a
    place that was counted otherwise than by us lays nothing at the wrong door.

    Args:
        content: the unpacked feed.
        lines: of the log.

    Returns:
        For each line the ids of its element, the outermost first; none where that cannot be said.
    """
    walk = _Walk(lines)
    walk.through(content)
    return [walk.of(at) for at in range(len(lines))]


class _Walk:
    """One pass through a feed, past the places and ids that are asked for."""

    def __init__(self, lines: Sequence[DataLine]) -> None:
        self._lines = lines
        self._names = [_names(each.text) for each in lines]
        self._asked = {name for names in self._names for name in names}
        self._places = sorted(
            ((each.line, _END if each.column is None else each.column), at)
            for at, each in enumerate(lines)
            if each.line is not None
        )
        self._next = 0
        self._context: dict[str, str] = {}
        self._by_place: dict[int, Ids] = {}
        self._by_name: dict[str, list[Ids]] = defaultdict(list)
        self._text: list[str] = []
        self._parser = expat.ParserCreate()

    def through(self, content: IO[bytes]) -> None:
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        try:
            self._parser.ParseFile(content)
        except expat.ExpatError:  # our own copy, cut short: what was found until there holds
            return
        self._pass((self._parser.CurrentLineNumber, _END))

    def of(self, at: int) -> Ids:
        """Give what the line at this place means."""
        line, names, placed = self._lines[at], self._names[at], self._by_place.get(at, {})
        for name in names:
            meant = [each for each in self._by_name.get(name, ()) if name == names[0] or not set(each) <= GROUPS]
            if len(meant) > 1:  # one product in several lists or books
                meant = (
                    [placed] if placed in meant else [each for each in meant if _group_named(each, line.text)] or [{}]
                )
            if meant:
                return meant[0] if len(meant) == 1 else {}
        return {} if set(placed) <= GROUPS and not _group_named(placed, line.text) else placed

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in TEXTS:
            self._text = []
            self._parser.CharacterDataHandler = self._text.append
            return
        if tag in NAMED_BY_TEXT:
            self._begin({})
        own = next((each for each in WITHIN if each in attributes), None)
        if own is not None:
            around = {each: self._context[each] for each in WITHIN[own] if each in self._context}
            self._begin({**around, own: attributes[own]})
            self._name(attributes[own])

    def _end(self, tag: str) -> None:
        if tag in TEXTS:
            self._parser.CharacterDataHandler = None
            name = "".join(self._text)
            self._context[TEXTS[tag]] = name  # also for the places between the element's beginning and its name
            self._name(name)

    def _begin(self, context: dict[str, str]) -> None:
        """Begin an element: places are those behind start tags, so all up to here belong to what came before."""
        self._pass((self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1))
        self._context = context

    def _name(self, name: str) -> None:
        if name in self._asked:
            self._by_name[name].append(self._context)

    def _pass(self, until: tuple[int, int]) -> None:
        while self._next < len(self._places) and self._places[self._next][0] <= until:
            self._by_place[self._places[self._next][1]] = self._context
            self._next += 1


def _names(text: str) -> list[str]:
    """Give what may be an element's id in a line: what stands between its first colons, then what is in quotes.

    Only the first may name a list or book: others are named in passing. It is empty where there are no such colons.
    """
    named = _NAMED.match(text)
    first = named["id"].strip("'\"[] ") if named else ""
    return list(dict.fromkeys([first, *(each.strip() for each in _QUOTED.findall(text))]))


def _group_named(ids: Ids, text: str) -> bool:
    return any(ids[each] in text for each in GROUPS if each in ids)
