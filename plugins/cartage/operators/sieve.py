"""Records that need no check because they go no further: superseded, or not taken by a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records.batch import KINDS, Batch
from cartage.records.outcome import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


def without(batch: Batch, rows: Sequence[int]) -> Batch:
    """Give the batch without these rows."""
    if not rows:
        return batch
    link = KINDS[batch.record].LINK
    return batch.only(pc.filter(batch.root[link], pc.invert(pc.is_in(batch.root[link], pa.array(rows, pa.int64())))))


def superseded(batch: Batch, known: Mapping[str, str]) -> list[Verdict]:
    """Find records of which the target already has a newer version.

    Args:
        batch: the batch.
        known: by key, the version the target has.

    Returns:
        A verdict for each that is not to be sent.
    """
    link = KINDS[batch.record].LINK
    verdicts = []
    columns = (batch.root[name].to_pylist() for name in (link, "key", "version"))
    for row, key, version in zip(*columns, strict=True):
        there = known.get(key)
        if there is not None and there > (version or ""):
            reason = f"{key}: version {there} was applied already, this one is {version}"
            verdicts.append(Verdict(row, key, Outcome.SUPERSEDED, (Complaint("superseded", reason),)))
    return verdicts


def skipped(batch: Batch, take: Mapping[str, Sequence[str]], start_at: datetime | None) -> list[Verdict]:
    """Find records that the settings do not take.

    Args:
        batch: the batch.
        take: allowed values by column; an empty list allows all.
        start_at: records from before this moment belong to an earlier connector.

    Returns:
        A verdict for each, naming the setting.
    """
    root, link = batch.root, KINDS[batch.record].LINK
    found: dict[int, tuple[str, Complaint]] = {}
    for column, allowed in take.items():
        if not allowed:
            continue
        present = pc.is_valid(root[column])
        refused = pc.and_(present, pc.invert(pc.is_in(root[column], pa.array(list(allowed), root[column].type))))
        for row, key, value in _picked(root, refused, link, column):
            reason = f"{key}: {column} is {value}, and the setting take.{column} does not list it"
            found.setdefault(row, (key, Complaint(f"{column}_not_taken", reason, column)))
    start = KINDS[batch.record].START
    if start and start_at is not None:
        early = pc.fill_null(pc.less(root[start], pa.scalar(start_at, root[start].type)), False)
        for row, key, value in _picked(root, early, link, start):
            reason = f"{key}: {start} {value.isoformat()} is before the flow's start_at {start_at.isoformat()}"
            found.setdefault(row, (key, Complaint("before_start", reason, start)))
    return [Verdict(row, key, Outcome.SKIPPED, (complaint,)) for row, (key, complaint) in found.items()]


def _picked(root: pa.Table, mask: pa.ChunkedArray, link: str, column: str) -> list[tuple[int, str, Any]]:
    picked = root.select([link, "key", column]).filter(mask)
    return list(zip(*(picked[name].to_pylist() for name in (link, "key", column)), strict=True))
