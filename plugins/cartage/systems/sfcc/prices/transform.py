"""Turns prices into rows of a price feed."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import BatchError, Complaint
from cartage.mapping.frames import by_parent, joined, number_text
from cartage.records import price_feed
from cartage.records.batch import Batch
from cartage.records.columns import INSTANT, MONEY, QUANTITY
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Transformed
from cartage.systems.sfcc.feeds.children import below, whole
from cartage.systems.sfcc.feeds.drift import name_strangers, only_shown, overlaid, strange_to
from cartage.systems.sfcc.feeds.fingerprint import fingerprint
from cartage.systems.sfcc.feeds.texts import written
from cartage.systems.sfcc.feeds.told import LastTold
from cartage.systems.sfcc.prices.breaks import breaks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from cartage.context import FlowContext
    from cartage.seams import Memory
    from cartage.systems.sfcc.feeds.drift import Drift

PUT, REPLACE, DELETE = "put", "replace", "delete"
SINCE = " from "
"""What parts a content hash from the moment that the price begins at."""
_ONE, _ZERO = pa.scalar(Decimal(1), QUANTITY), pa.scalar(Decimal(0), MONEY)


PORTION = 100_000
"""Prices that are looked up in what was told at a time."""


def transformer(flow: FlowContext) -> Callable[[Iterable[Batch], int], Iterator[Transformed]]:
    """Give what turns batches of prices into batches of price feed rows, in their order, told how many records.

    Raises:
        BatchError: the run has no memory; a fault of the caller.
    """
    from cartage.systems.sfcc.prices.looking import looking

    memory = flow.memory
    if memory is None:
        raise BatchError("prices need what the ledger remembers of them; this is a fault of the caller")

    settings = flow.settings.prices
    look, repair = looking(flow), settings.drift.found == "repair"

    def transform(batches: Iterable[Batch], records: int) -> Iterator[Transformed]:  # noqa: ARG001 - the seam's form
        return to_feeds(batches, memory, allow_zero=settings.allow_zero, look=look, repair=repair, notes=flow.notes)

    return transform


def to_feeds(
    batches: Iterable[Batch],
    memory: Memory,
    *,
    allow_zero: bool = False,
    look: Callable[[], Drift] | None = None,
    repair: bool = True,
    notes: list[str] | None = None,
) -> Iterator[Transformed]:
    """Turn batches of prices into rows of price feeds, in their order; see `to_feed`.

    Args:
        batches: of kind ``price``.
        memory: what the ledger remembers of the flow.
        allow_zero: whether an item may cost nothing.
        look: gives how the shop has its prices otherwise than it was told; None when nobody is to look.
        repair: whether what it has otherwise is told again, or only shown.
        notes: what is said of the run as a whole; it grows.
    """
    drift = look() if look is not None else None
    strangers = None if drift is None else drift.strangers
    for portion in _portions(batches):
        told, start = LastTold(memory, [each.root["key"] for each in portion]), 0
        for each in portion:
            last, drifted = told.of(start, len(each)), None
            if drift is not None and len(drift.found):
                found = drift.of(each.root["key"])
                last, drifted = overlaid(last, found, repair=repair), found["says"]
            if strangers is not None:
                strangers = strange_to(strangers, [each.root["key"]])
            made = to_feed(each, last, allow_zero=allow_zero, drift=drifted)
            yield made if repair else only_shown(made)
            start += len(each)
    if strangers is not None:
        name_strangers(strangers, "price books", [] if notes is None else notes)


def _portions(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    portion: list[Batch] = []
    for each in batches:
        portion.append(each)
        if sum(map(len, portion)) >= PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def to_feed(
    prices: Batch, told: pa.Table, *, allow_zero: bool = False, drift: pa.ChunkedArray | None = None
) -> Transformed:
    """Turn prices into rows of a price feed.

    A price that is gone becomes a deletion. A price without a tier for one unit, or with an amount that is not above
    zero, is quarantined: SFCC would ignore the amount, and sell the item at some other book's price, or not at all.

    Args:
        prices: a batch of kind ``price``.
        told: what the shop was last told of them: columns `hash` and `value`, a row a price.
        allow_zero: whether an item may cost nothing.
        drift: how the shop has them otherwise, null where it does not; None when nobody looked.
    """
    rows = prices.root.rename_columns(["record" if name == "price" else name for name in prices.root.column_names])
    rows = rows.append_column("told", told["hash"]).append_column("before", told["value"])
    rows = rows.append_column("drift", pa.nulls(len(rows), pa.string()) if drift is None else drift)
    tiers = prices.tables["tiers"].rename_columns(["record", "quantity", "amount"])
    active = pc.equal(whole(rows.combine_chunks(), "state"), "active").to_numpy(zero_copy_only=False)
    placed, parents = below(rows, tiers)
    verdicts = _verdicts(rows, active, placed, parents, pc.greater_equal if allow_zero else pc.greater)
    if verdicts:
        bad = pa.array([each.row for each in verdicts], pa.int64())
        sound = pc.invert(pc.is_in(rows["record"], value_set=bad))
        rows, active = rows.filter(sound), active[sound.to_numpy()]
        placed, parents = below(rows, tiers)
    return Transformed(_feed(rows.combine_chunks(), active, placed, parents), verdicts)


def _feed(rows: pa.Table, active: NDArray[np.bool_], tiers: pa.Table, parents: NDArray[np.int64]) -> Batch:
    count = len(rows)
    put = pa.array(active)
    nothing = pa.scalar(None, pa.string())
    amounts = number_text(whole(tiers, "amount"))
    single = _mask(pc.equal(whole(tiers, "quantity"), _ONE))
    values = _at(amounts.filter(pa.array(single)), parents[single], count)
    by_tier = joined([number_text(whole(tiers, "quantity")), "=", amounts], len(tiers), lenient=False)
    hashes = pc.if_else(put, fingerprints(rows, by_tier, parents), DELETE)
    texts = {
        "action": pc.if_else(put, pc.if_else(_moved(rows, hashes), REPLACE, PUT), DELETE),
        "value": pc.if_else(put, values, nothing),
        "hash": hashes,
        "break": breaks(whole(rows, "told"), hashes, tiers, parents),
    }
    given = {"group": "book_id", "as_of": "version"}
    columns = []
    for field in price_feed.ROWS:
        if field.name in texts:
            columns.append(texts[field.name])
        elif field.name == "as_of":
            columns.append(_moments(whole(rows, given["as_of"])))
        else:
            columns.append(whole(rows, given.get(field.name, field.name)))
    table = pa.Table.from_arrays(columns, schema=price_feed.ROWS)
    kept = tiers.filter(pa.array(active[parents]))
    below_ = pa.Table.from_arrays([kept[name] for name in price_feed.TIERS.names], schema=price_feed.TIERS)
    return Batch("price_feed", {"rows": table, "tiers": below_})


def fingerprints(rows: pa.Table, tiers: pa.Array, parents: NDArray[np.int64]) -> pa.Array:
    """Give what tells two prices of an item apart: currency, dates and tiers.

    Args:
        rows: columns `currency`, `online_from` and `online_to`.
        tiers: each as ``quantity=amount``, in the order of the rows.
        parents: place of each tier's row.
    """
    count = len(rows)
    offsets = np.searchsorted(parents, np.arange(count + 1))
    together = by_parent(tiers, offsets, " ") if len(tiers) else pa.nulls(count, pa.string())
    until = joined([" to ", written(whole(rows, "online_to"))], count, lenient=False)
    since = joined([SINCE, written(whole(rows, "online_from"))], count, lenient=False)
    content = joined([whole(rows, "currency"), " ", together, until], count, lenient=True)
    # From when it holds stays readable, since the shop knows a price by that.
    return joined([fingerprint(content), since], count, lenient=True)


def _moved(rows: pa.Table, hashes: pa.Array) -> pa.Array:
    """Say which prices begin at another time than the one that the shop has, or may have.

    SFCC knows a price of an item by its beginning: one that begins at another time stands beside the old one.
    """
    told = whole(rows, "told")
    other = pc.and_(pc.not_equal(told, DELETE), pc.not_equal(_since(told), _since(hashes)))
    forgotten = pc.and_(pc.is_null(told), pc.is_valid(whole(rows, "before")))
    return pc.or_(pc.fill_null(other, fill_value=False), forgotten)


def _since(hashes: pa.Array) -> pa.Array:
    dated = pc.match_substring(hashes, SINCE)
    return pc.if_else(dated, pc.replace_substring_regex(hashes, f"^.*{SINCE}", ""), "")


def _verdicts(
    rows: pa.Table,
    active: NDArray[np.bool_],
    tiers: pa.Table,
    parents: NDArray[np.int64],
    enough: Callable[[pa.Array, pa.Scalar], pa.Array],
) -> list[Verdict]:
    """Quarantine what is no price that SFCC would take as one."""
    without = active.copy()
    without[parents[_mask(pc.equal(whole(tiers, "quantity"), _ONE))]] = False
    wrong = np.zeros(len(rows), bool)
    wrong[parents[~_mask(enough(whole(tiers, "amount"), _ZERO))]] = True
    names = rows.select(["record", "key"])
    found = []
    for place in np.flatnonzero(without | (wrong & active)).tolist():
        said = []
        if without[place]:
            said.append(
                Complaint(
                    "no_base_price", "there is no price for one unit; add it to the price level in the ERP", "tiers"
                )
            )
        if wrong[place]:
            said.append(
                Complaint(
                    "price_not_positive",
                    "an amount is not above zero, which SFCC ignores; correct it in the ERP",
                    "tiers.amount",
                )
            )
        found.append(
            Verdict(names["record"][place].as_py(), names["key"][place].as_py(), Outcome.QUARANTINED, tuple(said))
        )
    return found


def _mask(says: pa.Array) -> NDArray[np.bool_]:
    """Give where something holds; it does not hold of a null."""
    mask: NDArray[np.bool_] = pc.fill_null(says, fill_value=False).to_numpy(zero_copy_only=False)
    return mask


def _at(texts: pa.Array, places: NDArray[np.int64], count: int) -> pa.Array:
    """Give each row the text that stands for it, null where none does."""
    at = np.full(count, -1)
    at[places] = np.arange(len(places))
    return texts.take(pa.array(at, mask=at < 0))


def _moments(versions: pa.Array) -> pa.Array:
    """Read the moments that versions are: few in a run, since pages are read at a time."""
    encoded = versions.dictionary_encode()
    moments = [datetime.fromisoformat(each).astimezone(UTC) for each in encoded.dictionary.to_pylist()]
    return pa.array(moments, INSTANT).take(encoded.indices)
