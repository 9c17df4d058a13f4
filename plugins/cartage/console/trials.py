"""What somebody wants to try on a record, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cartage.console.written import difference

if TYPE_CHECKING:
    from cartage.console.samples import Place
    from cartage.console.written import Text
    from cartage.errors import Complaint
    from cartage.integrations import Integration
    from cartage.tried import Tried as Made


@dataclass(frozen=True)
class Tried:
    """What a change does to one record.

    Attributes:
        integration: whose record it is.
        flow: the flow that read it.
        record: kind of the record.
        key: the record's.
        where: where it was found, in words.
        parts: of each thing that is made of it its name, and its text by what is in force and by the changed text;
            personal data masked, unless it was asked for.
        differences: of each part, as `difference` gives them.
        before: why the record does not go on by what is in force.
        complaints: why it would not by the changed text.
        stood_in: what stands in for what could not be asked, in words.
    """

    integration: Integration
    flow: str
    record: str
    key: str
    where: str
    parts: tuple[tuple[str, str, str], ...]
    differences: tuple[tuple[tuple[str, str], ...], ...]
    before: tuple[Complaint, ...] = ()
    complaints: tuple[Complaint, ...] = ()
    stood_in: str | None = None


@dataclass(frozen=True)
class Wish:
    """What somebody wants to try.

    Attributes:
        text: what was changed.
        body: how it reads now.
        number: number or key of the record; empty for any recent one.
        record: kind of the record, where settings are tried.
        unmasked: show personal data; whoever asks has the right.
    """

    text: Text
    body: str
    number: str = ""
    record: str = "order"
    unmasked: bool = False


def compared(integration: Integration, place: Place, before: Made, after: Made) -> Tried:
    """Put side by side what was made of a record before and after."""
    names = list(dict.fromkeys([*before.texts, *after.texts]))
    parts = tuple((name, before.texts.get(name, ""), after.texts.get(name, "")) for name in names)
    return Tried(
        integration, place.flow, place.record, place.key, place.where, parts,
        tuple(difference(one, other) for _, one, other in parts),
        before.complaints, after.complaints, after.stood_in or before.stood_in,
    )  # fmt: skip
