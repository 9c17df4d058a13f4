"""Drift: records that the shop has otherwise than it was last told, whoever changed them there."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records.columns import INSTANT, TEXT, table
from cartage.records.outcome import DRIFT, Outcome, Verdict
from cartage.seams import Transformed
from cartage.systems.sfcc.feeds.archive import NotExported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cartage.seams import Told

log = logging.getLogger(__name__)

SHOWN = 5
"""Records that a warning names."""

AGAIN = "the shop has: "
"""What begins a hash that stands for what the shop has, so that it is like nothing that it could be told."""

FOUND = table(
    {
        "key": (TEXT, "the record's key"),
        "content": (TEXT, "what the shop has of it, in the words of the content hash; null: it has no such record"),
        "value": (TEXT, "what the guardrail is to take for the value before; null: as told"),
        "at": (INSTANT, "moment that the shop's own is true for, where it says one"),
        "says": (TEXT, "the finding, for people"),
    }
)
"""A finding a row."""


@dataclass
class Drift:
    """What a look at the shop found.

    Attributes:
        found: findings, as in `FOUND`.
        strangers: records that the shop has and was never told of, as it showed them; a column is `key`.
    """

    found: pa.Table = field(default_factory=FOUND.empty_table)
    strangers: pa.Table = field(default_factory=pa.schema({"key": TEXT}).empty_table)

    def of(self, keys: pa.ChunkedArray) -> pa.Table:
        """Give the findings on some records, a row each, null where there is none."""
        return self.found.take(pc.index_in(keys, value_set=self.found["key"].combine_chunks())).combine_chunks()


def compared(
    told: Told,
    shop: Iterable[pa.Table],
    judge: Callable[[pa.Table, pa.Table], pa.Table],
    missing: Callable[[pa.Table], pa.Table],
    groups: Iterable[str],
) -> Drift:
    """Hold what the shop has against what it was told, some thousands of records at a time.

    Args:
        told: what it was told, as the ledger knows.
        shop: what it has; tables with a column `key`, each record once.
        judge: given records of the shop, and what was told of each in the same order, gives `FOUND` of those that
            are not as told.
        missing: given what was told of records that the shop does not have, gives `FOUND` of those that it should have.
        groups: lists or books that were looked at.
    """
    known = told.table.combine_chunks()
    keys = known["key"].combine_chunks()
    sure = pc.is_valid(known["hash"])  # what is forgotten as told is news anyway
    seen = np.zeros(len(known), bool)
    found, strangers = [], []
    for records in shop:
        at = pc.index_in(records["key"], value_set=keys)
        ours = pc.is_valid(at)
        places = at.drop_null()
        seen[np.asarray(places)] = True
        certain = sure.take(places)
        found.append(judge(records.filter(ours).filter(certain), known.take(places.filter(certain))))
        strangers.append(records.filter(pc.invert(ours)))
    looked_at = pc.is_in(groups_of(known["key"]), value_set=pa.array(sorted(groups), TEXT))
    found.append(missing(known.filter(pc.and_(pc.and_(looked_at, sure), pa.array(~seen)))))
    drift = Drift(pa.concat_tables([each.cast(FOUND) for each in found]))
    return Drift(drift.found, pa.concat_tables(strangers)) if strangers else drift


def overlaid(last: pa.Table, found: pa.Table, *, repair: bool) -> pa.Table:
    """Give what the shop was last told as if it had been told what it has.

    Such a record is then news, whatever is to be told of it now, and its date lies after the shop's own.

    Args:
        last: columns `hash`, `value` and `as_of`.
        found: findings on the same records, null where there is none.
        repair: whether they are to be told again; if not, only the date counts.
    """
    some = pc.is_valid(found["key"])
    dates = pc.max_element_wise(*(each.cast(INSTANT).cast(pa.int64()) for each in (last["as_of"], found["at"])))
    columns = {"hash": last["hash"], "value": last["value"], "as_of": dates.cast(INSTANT)}
    if repair:
        columns["hash"] = pc.if_else(
            some, pc.binary_join_element_wise(AGAIN, pc.fill_null(found["content"], "nothing"), ""), last["hash"]
        )
        columns["value"] = pc.coalesce(found["value"], last["value"])
    return pa.table(columns)


def only_shown(transformed: Transformed) -> Transformed:
    """Take rows that say nothing new off what goes out, and say of each that the shop has it otherwise."""
    rows = transformed.documents.root
    same = pc.fill_null(pc.and_(pc.is_valid(rows["drift"]), pc.equal(rows["hash"], rows["told"])), fill_value=False)
    shown = rows.filter(same).select(["record", "key", "drift"]).to_pylist()
    if not shown:
        return transformed
    verdicts = [Verdict(each["record"], each["key"], Outcome.UNCHANGED, (complaint(each["drift"]),)) for each in shown]
    going = rows.filter(pc.invert(same))["record"].combine_chunks()
    return Transformed(transformed.documents.only(going), [*transformed.verdicts, *verdicts])


def complaint(says: str) -> Complaint:
    """Give a finding as the warning that stands with the record's outcome."""
    return Complaint(DRIFT, says)


def groups_of(keys: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give the list or book of each key: what stands before its first slash."""
    return pc.replace_substring_regex(keys, "(?s)/.*$", "")


def looked(look: Callable[[], Drift], what: str, notes: list[str]) -> Drift:
    """Look at what the shop has, and name what is not as told; where it does not show it, say so and go on without.

    Args:
        look: gives what was found.
        what: what was to be looked at, for people.
        notes: what is said of the run as a whole; it grows.
    """
    try:
        drift = look()
    except NotExported as error:
        _note(notes, f"{what} of the shop could not be looked at, so this run finds no drift: {error}")
        return Drift()
    if not len(drift.found):
        log.info("drift: none, all %s are as the shop was told", what)
    else:
        examples = "; ".join(drift.found["says"].slice(0, SHOWN).to_pylist())
        _note(
            notes, f"drift: {len(drift.found)} records of {what} are not as the shop was told, for example {examples}"
        )
    return drift


def _note(notes: list[str], says: str) -> None:
    log.warning(says)
    notes.append(says)


def strange_to(strangers: pa.Table, given: Iterable[pa.ChunkedArray]) -> pa.Table:
    """Leave out of the strangers those that a run tells of, by their keys."""
    for keys in given:
        if len(strangers):
            strangers = strangers.filter(pc.invert(pc.is_in(strangers["key"], value_set=keys.combine_chunks())))
    return strangers


def name_strangers(strangers: pa.Table, what: str, notes: list[str]) -> None:
    """Say what the shop has that nobody told it of."""
    if len(strangers):
        examples = ", ".join(strangers["key"].slice(0, SHOWN).to_pylist())
        _note(notes, f"{what} of the shop: {len(strangers)} records that the ERP never gave, for example {examples}")


def in_pieces(rows: Iterator[dict[str, object]], schema: pa.Schema, size: int = 20_000) -> Iterator[pa.Table]:
    """Give rows as tables of at most so many."""
    piece: list[dict[str, object]] = []
    for row in rows:
        piece.append(row)
        if len(piece) >= size:
            yield pa.Table.from_pylist(piece, schema)
            piece = []
    if piece:
        yield pa.Table.from_pylist(piece, schema)
