"""What the shop itself has: its lists and books, exported whole by the platform's own job.

OCAPI pages collections up to their 1,199th entry and no further
(https://sfcclearning.com/infocenter/OCAPI/current/usage/Pagination.php), and no API gives price tables. The job
``sfcc-site-archive-export`` gives both, however many there are: a zip on WebDAV with a document for each list and book
(https://sfcclearning.com/infocenter/OCAPI/current/SystemJobs/GlobalJobs.php). The API client needs the resources of
jobs (see `jobs`), and ``read_write`` of ``/impex/src/instance`` in Business Manager's WebDAV client permissions.
"""

from __future__ import annotations

import logging
import lzma
import tempfile
import zipfile
import zlib
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, cast

from lxml import etree

from cartage.errors import CartageError
from cartage.systems.sfcc.feeds.jobs import ShopJob
from cartage.systems.sfcc.feeds.limited import Limited, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cartage.settings.drift import Drift
    from cartage.systems.sfcc.feeds.forms import Form
    from cartage.systems.sfcc.hook import SfccHook

log = logging.getLogger(__name__)

EXPORT = "sfcc-site-archive-export"
UNITS = {"stock": ("inventory_lists", "inventory-lists"), "price": ("price_books", "pricebooks")}
"""By kind of record, what the export is asked for, and the archive's folder that it stands in."""

FOLDER = "/Impex/src/instance"

_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, etree.XMLSyntaxError, EOFError, OSError, RuntimeError, ValueError,
)  # fmt: skip
"""What reading an archive raises for which there is no room, that is damaged, has a password (`RuntimeError`) or is packed in a
way that Python does not know (`NotImplementedError`, which is one)."""


class NotExported(CartageError):  # noqa: N818 - what happened
    """The shop did not show what it has; the message says why."""


class ShopArchive:
    """An export of the shop's lists or books.

    Args:
        hook: the shop's API.
        form: kind of feed: stock or prices.
        settings: how long to wait, and for how much there is room.
    """

    def __init__(self, hook: SfccHook, form: Form, settings: Drift) -> None:
        self._hook = hook
        self._form = form
        self._settings = settings

    @contextmanager
    def exported(self, groups: Sequence[str], name: str) -> Iterator[Iterator[etree._Element]]:
        """Have lists or books exported, and give their groups' headers and records, one after the other.

        An element is only good until the next one is asked for, so that a million of them take no memory.

        Args:
            groups: ids of lists or books; one that the shop does not have is not in the export.
            name: of the archive, without its ending; another export of the name is overwritten.

        Raises:
            NotExported: the shop does not answer, refuses, or gives something else than an archive; also while reading.
        """
        with ExitStack() as stack:
            with _said():
                file = stack.enter_context(tempfile.TemporaryFile(prefix="cartage-archive-"))
                self._run(groups, name)
                self._bring(f"{FOLDER}/{name}.zip", file)
                archive = stack.enter_context(zipfile.ZipFile(file))
            yield self._elements(archive)

    def _bring(self, path: str, file: IO[bytes]) -> None:
        most = self._settings.max_megabytes
        try:
            self._hook.fetch(path, cast("IO[bytes]", Limited(file, most * 1_000_000)))
        except TooLarge:
            raise NotExported(
                f"{path} has more than {most} MB: raise drift.max_megabytes, or set drift.found: off"
            ) from None
        finally:
            self._hook.discard(path)

    def _run(self, groups: Sequence[str], name: str) -> None:
        unit, _ = UNITS[self._form.record]
        body = {
            "export_file": f"{name}.zip",
            "overwrite_export_file": True,
            "data_units": {unit: dict.fromkeys(groups, True)},
        }
        seconds = (self._settings.wait_seconds, self._settings.poll_seconds)
        ended = ShopJob(self._hook, EXPORT, wait_seconds=seconds[0], poll_seconds=seconds[1], body=body).run()
        if ended is None:
            raise NotExported(f"job {EXPORT} did not end within {self._settings.wait_seconds} s")
        if not ended.well:
            raise NotExported(f"job {EXPORT} failed ({ended.reason}); see its log in Business Manager")

    def _elements(self, archive: zipfile.ZipFile) -> Iterator[etree._Element]:
        _, folder = UNITS[self._form.record]
        names = [each for each in archive.namelist() if f"/{folder}/" in f"/{each}" and each.endswith(".xml")]
        wanted = [f"{{{self._form.namespace}}}{name}" for name in ("header", self._form.item)]
        with _said():
            for name in names:
                with archive.open(name) as file:
                    parsed = etree.iterparse(file, tag=wanted, resolve_entities=False, no_network=True, huge_tree=True)
                    yield from _one_by_one(element for _, element in parsed)


@contextmanager
def _said() -> Iterator[None]:
    """Say of whatever keeps us from seeing what the shop has that it does, and why: it is no reason to end the run."""
    try:
        yield
    except NotExported:
        raise
    except CartageError as error:
        raise NotExported(str(error)) from error
    except _UNREADABLE as error:
        raise NotExported(f"what job {EXPORT} left cannot be kept or read here: {error}") from error


def _one_by_one(elements: Iterable[etree._Element]) -> Iterator[etree._Element]:
    """Give elements on, and let go of each with all that came before it."""
    for element in elements:
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
