"""What a system answers to somebody who tries a change on a record: its module `trying` has a function `tried`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.errors import Complaint


@dataclass(frozen=True)
class Tried:
    """What a record would become, made to be looked at: nothing was sent, and nothing noted.

    Attributes:
        texts: what the target would be sent, by a name of each.
        complaints: why the record would not go on.
        stood_in: what stands in for what could not be asked, in words; None when nothing had to.
    """

    texts: dict[str, str]
    complaints: tuple[Complaint, ...] = ()
    stood_in: str | None = None
