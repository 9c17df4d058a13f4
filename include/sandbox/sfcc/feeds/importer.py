"""What the imports of all kinds of feeds share: validate first, then take element by element, and say what was skipped."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from sandbox.sfcc.feeds.log import Skip, ids
from sandbox.sfcc.feeds.reading import Refused, items
from sandbox.sfcc.feeds.structure import Found, Wrong, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lxml.etree import _Element

    from sandbox.sfcc.feeds.log import ImportLog, Severity
    from sandbox.sfcc.feeds.reading import Format
    from sandbox.sfcc.store import ShopStore

Mode = Literal["merge", "update", "replace", "delete"]
_BATCH = 500


class Aborted(Exception):  # noqa: N818 - what happened, not what kind of class it is
    """The import was told to stop."""


@dataclass(frozen=True)
class Task:
    """One import.

    Attributes:
        feed: name of the file.
        mode: what becomes of what the shop has already.
        import_id: number of the job's execution.
        log: where to say what was skipped.
    """

    feed: str
    mode: Mode
    import_id: int
    log: ImportLog


class Importer(ABC):
    """Imports one feed. Subclasses say what its elements mean.

    Attributes:
        format: how the feed is built.
        kinds: element -> the attributes that tell it apart.
        strict: elements that must be right, or the feed is refused whole.
        modes: modes of import that it knows.
        within: ids of the element that the next ones stand in, for the log.
    """

    format: ClassVar[Format]
    kinds: ClassVar[dict[str, tuple[str, ...]]]
    strict: ClassVar[frozenset[str]] = frozenset()
    modes: ClassVar[tuple[Mode, ...]] = ("merge", "update", "replace", "delete")

    def __init__(self, shop: ShopStore, task: Task) -> None:
        self.database = shop.database
        self.clock = shop.clock
        self.mode = task.mode
        self.log = task.log
        self.task = task
        self.within: dict[str, str] = {}

    @abstractmethod
    def take(self, batch: list[Found]) -> None:
        """Take some elements in the feed's order, within one transaction."""

    def take_head(self, found: Found) -> None:  # noqa: B027 - a feed need have none
        """Take an element that the ones behind it stand in."""

    def finish(self) -> None:  # noqa: B027 - most have nothing left to do
        """End: every element was taken."""

    def run(self, path: Path, stopped: Callable[[], bool]) -> None:
        """Import a feed.

        Args:
            path: the feed.
            stopped: asked between elements whether to stop.

        Raises:
            Refused: the feed as a whole is wrong; nothing of it was imported.
            Aborted: it was told to stop; what was imported stays.
        """
        self._validate(path)
        batch: list[Found] = []
        for count, (place, element) in enumerate(items(path, self.format), 1):
            self.log.at(count)
            found = self._read(place, element)
            if found is None:
                continue
            found.place = count
            if found.name not in self.strict:
                batch.append(found)
            if len(batch) >= _BATCH or found.name in self.strict:
                self._flush(batch, stopped)
            if found.name in self.strict:
                with self.database.transaction(), self.judged(found):
                    self.take_head(found)
        self._flush(batch, stopped)
        with self.database.transaction():
            self.finish()

    def _validate(self, path: Path) -> None:
        """See that a feed is good to its end before anything of it is imported."""
        for place, element in items(path, self.format):
            if place[-1] in self.strict:
                try:
                    read(element, self.format.items[place], self.format.namespace)
                except Wrong as wrong:
                    raise Refused("invalid", str(wrong), element.sourceline) from None

    def _read(self, place: tuple[str, ...], element: _Element) -> Found | None:
        """Read an element, or say in the log why it is left out."""
        name = place[-1]
        position = self.log.seen(name)
        try:
            found = read(element, self.format.items[place], self.format.namespace)
        except Wrong as wrong:
            about = {each: element.attrib[each] for each in self.kinds[name] if each in element.attrib}
            self.log.say(
                "DATAERROR", "invalid", str(wrong), element=name, ids={**self.within, **about},
                line=element.sourceline, position=position,
            )  # fmt: skip
            return None
        found.position = position
        return found

    def _flush(self, batch: list[Found], stopped: Callable[[], bool]) -> None:
        if stopped():
            raise Aborted
        if batch:
            with self.database.transaction():
                self.take(batch)
        batch.clear()
        self.log.settle()

    @contextmanager
    def judged(self, found: Found) -> Iterator[None]:
        """Take one element; a `Skip` leaves it out and says so in the log."""
        if found.place:
            self.log.at(found.place)
        try:
            yield
        except Skip as skip:
            self._say(skip.severity, skip.code, str(skip), found, skipped=True)

    def warn(self, found: Found, code: str, message: str) -> None:
        """Say in the log that a part of an element was not taken."""
        self._say("DATAWARNING", code, message, found, skipped=False)

    def _say(self, severity: Severity, code: str, message: str, found: Found, *, skipped: bool) -> None:
        about = {**self.within, **ids(found, *self.kinds[found.name])}
        self.log.say(
            severity, code, message, element=found.name, ids=about, line=found.line, position=found.position,
            skipped=skipped,
        )  # fmt: skip
