"""Real records to try something on: held back, staged by a recent run, or in a drop of the landing archive."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from cartage.console.written import system_module
from cartage.errors import BatchError, CartageError
from cartage.ledger.samples import Sample
from cartage.ledger.states import number_of, site_of
from cartage.records.batch import FEEDS, BatchRef
from cartage.records.wire import from_json
from cartage.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from cartage.integrations import Integration
    from cartage.ledger import Ledger
    from cartage.mapping.source import SourceMapping
    from cartage.records.batch import Batch

OF_FEED = {rows: record for record, rows in FEEDS.items()}

STEPS = {"record": "extracted", "feed": "news"}
"""Where runs stage records, and the rows that say something new in a feed."""


@dataclass(frozen=True)
class Place:
    """Where a record lies.

    Attributes:
        flow: the flow that read it.
        record: its kind.
        key: its key.
        where: the place in words.
        sample: what the ledger says of the place.
        staging: the staging area; None where this process knows none.
    """

    flow: str
    record: str
    key: str
    where: str
    sample: Sample
    staging: Staging | None

    def no_staging(self, folder: Path) -> Staging:
        """Give a staging area for who asks for one and finds nothing in it."""
        return Staging(str(folder / "staging"))


@dataclass(frozen=True)
class Raw:
    """A record in its wire form.

    Attributes:
        content: a document of this one record.
        site: the shop's site, `drop` the name of the drop and `at` when that was exported, or landed.
    """

    content: bytes
    site: str
    drop: str
    at: datetime


def recent(
    ledger: Ledger, integrations: Sequence[Integration], kinds: Iterable[str], number: str
) -> tuple[Integration, Place]:
    """Give a recent record, and whose it is.

    Args:
        ledger: knows where records lie.
        integrations: whose records to look at.
        kinds: kinds of records, the likeliest first; of feeds, the kind of their rows.
        number: number or key of one record; empty for any.

    Raises:
        BatchError: there is none; saying what to do.
    """
    wanted = tuple(kinds)
    for kind in wanted:
        for integration in integrations:
            for place in _places(ledger, integration.name, kind, number):
                if _read(place, ledger) is not None:
                    return integration, place
    raise none_there(OF_FEED.get(wanted[0], wanted[0]), number)


def none_there(record: str, number: str) -> BatchError:
    """Say that there is nothing to try something on, and what to do."""
    what = f"{record} {number}" if number else f"{record} to try it on"
    unset = "" if os.environ.get("CARTAGE_STAGING") else " (CARTAGE_STAGING is not set where the API server runs)"
    return BatchError(
        f"There is no {what}: none is held back, and none of the runs whose staging is still kept{unset} has one. Run its "
        "flow once, or name a record that one of its last runs read."
    )


def read_again(place: Place, ledger: Ledger) -> Batch:
    """Give the record as a batch of one.

    Raises:
        BatchError: it was swept away meanwhile.
    """
    batch = _read(place, ledger)
    if batch is None:
        raise none_there(place.record, place.key)
    return batch


def raw_records(
    ledger: Ledger, integration: Integration, mapping: SourceMapping, number: str, max_megabytes: int
) -> Iterator[tuple[Place, Raw]]:
    """Give records in their wire form, the likeliest first: out of drops, then what could not be read.

    Args:
        ledger: knows where they lie.
        integration: whose records.
        mapping: what drops of such records look like.
        number: number or key of one record; empty for any.
        max_megabytes: how large a drop may be, unpacked.
    """
    system = system_module(integration.storefront.system, "trying")
    staging = _staging()
    short, site = number_of(number), site_of(number)
    for flow, drop in ledger.samples.drops(integration.name, mapping.record, number) if staging else ():
        assert staging is not None
        if site not in (None, drop.site):
            continue
        try:
            with staging.local_path(drop.landed_uri) as path:
                content = system.cut_out(path, mapping, short, max_megabytes=max_megabytes)
        except CartageError:
            continue  # a drop of something else, or one that is damaged: the next may do
        if content:
            key = f"{drop.site}/{short}" if short else f"the first of {drop.name}"
            place = Place(flow, mapping.record, key, f"in the drop {drop.name}", Sample(flow, key), staging)
            yield place, Raw(content, drop.site, drop.name, drop.exported_at or drop.landed_at)
    for sample in ledger.samples.unread(integration.name, mapping.record, number):
        held = ledger.mending.payload(sample.quarantine_id or 0)
        found = ledger.worklist.get([sample.quarantine_id or 0])
        if held and found:
            where = f"in quarantine as {sample.quarantine_id}, as it was found"
            place = Place(sample.flow, mapping.record, sample.key, where, sample, staging)
            content = system.wrapped(held.body, mapping)
            yield place, Raw(content, site_of(sample.key) or "", "quarantine", found[0].first_at)


def _places(ledger: Ledger, integration: str, kind: str, number: str) -> Iterator[Place]:
    staging = _staging()
    for sample in ledger.samples.of(integration, OF_FEED.get(kind, kind), number):
        held = sample.quarantine_id is not None
        if held and kind in OF_FEED:
            continue  # what is held back is the ERP's record: a run makes a feed's row of it
        where = f"in quarantine as {sample.quarantine_id}" if held else f"staged by run {sample.run_id}"
        yield Place(sample.flow, kind, sample.key, where, sample, staging)


def _read(place: Place, ledger: Ledger) -> Batch | None:
    """Read a record again; None when it is not there any more."""
    sample = place.sample
    if sample.quarantine_id is not None:
        held = ledger.mending.payload(sample.quarantine_id)
        try:
            return from_json(held.body, 0) if held else None
        except (ValueError, KeyError, TypeError):
            return None
    if place.staging is None:
        return None
    step = STEPS["feed" if place.record in OF_FEED else "record"]
    folder = place.staging.root / "batches" / str(sample.run_id) / step / f"{sample.batch:05d}"
    try:
        batch = place.staging.read(BatchRef(str(folder), place.record, sample.batch, 0))
    except CartageError:
        return None
    one = batch.only(pa.array([sample.row], pa.int64()))
    return one if len(one) else None


def _staging() -> Staging | None:
    root = os.environ.get("CARTAGE_STAGING")
    return Staging(root) if root else None
