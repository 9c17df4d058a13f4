"""What a drop's name says: its site, and when it was exported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cartage.systems.sfcc.xml.unpacking import DocumentRefused

if TYPE_CHECKING:
    from collections.abc import Collection

    from cartage.settings import Drops

DOCUMENTS = (".xml", ".xml.gz")


@dataclass(frozen=True)
class DropName:
    """A name, understood.

    Attributes:
        site: the shop's site.
        exported_at: export time in UTC, when the name has one.
    """

    site: str
    exported_at: datetime | None


def climbs(name: str) -> bool:
    """True when a name could lead out of its folder: a server can send any bytes as a name."""
    return "/" in name or "\\" in name or name in ("", ".", "..") or not name.isprintable()


def is_document(name: str) -> bool:
    """True when a name could be a drop's; ``.tmp`` and everything else is somebody's unfinished work."""
    return name.lower().endswith(DOCUMENTS)


def understand(name: str, settings: Drops, sites: Collection[str], folder_site: str | None) -> DropName:
    """Read a drop's name.

    Args:
        name: file name, without its folder.
        settings: where the pattern stands.
        sites: the sites that the settings know.
        folder_site: the site that the folder stands for, if it has one.

    Raises:
        DocumentRefused: the name does not match, has no known site, or an export time that is none.
    """
    match = settings.regex.fullmatch(name)
    if not match:
        raise DocumentRefused(
            f"its name does not match drops.pattern ({settings.pattern}), so its site is not known; "
            "rename it, or correct the pattern"
        )
    groups = match.groupdict()
    site = groups.get("site") or folder_site
    if not site:
        raise DocumentRefused("its name has no site; put the site into the name or the folder")
    if site not in sites:
        raise DocumentRefused(f"the site {site} is not under `sites` in the settings; add it, or correct the name")
    return DropName(site, _moment(groups.get("exported_at")))


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    digits = "".join(each for each in text if each.isdigit())
    try:
        return datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise DocumentRefused(f"the export time {text} in its name is no date and time; rename it") from error
