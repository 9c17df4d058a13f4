"""Rows that NetSuite gave twice: a page that was read while people worked can repeat a row, older or newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

_PLACE = "~place"


def without_duplicates(rows: pa.Table, key: Sequence[str], changed: str | None = None) -> tuple[pa.Table, pa.Table]:
    """Keep one row of each key.

    Rows that say the same are one. Of rows that differ the one that changed last is right. Where that cannot be
    told no row is kept, since any of them could be wrong.

    Args:
        rows: the rows.
        key: columns that no two rows should share.
        changed: column with the moment of a row's last change, as text that sorts; None when there is none.

    Returns:
        The rows, and the keys of those that contradict each other.
    """
    groups = rows.group_by(list(key), use_threads=False).aggregate([([], "count_all")])
    if len(groups) == len(rows):
        return rows, groups.select(list(key)).slice(0, 0)
    repeated = groups.filter(pc.greater(groups["count_all"], 1)).select(list(key)).to_pylist()
    placed = rows.append_column(_PLACE, pa.array(range(len(rows))))
    dropped: list[int] = []
    doubtful = []
    for each in repeated:
        versions = _of(placed, each).to_pylist()
        places = [version.pop(_PLACE) for version in versions]
        best = _best(versions, changed)
        if best is None:
            doubtful.append(each)
            dropped += places
        else:
            dropped += [place for at, place in enumerate(places) if at != best]
    kept = pc.invert(pc.is_in(placed[_PLACE], value_set=pa.array(dropped, pa.int64())))
    return rows.filter(kept), pa.Table.from_pylist(doubtful, groups.select(list(key)).schema)


def _of(rows: pa.Table, key: dict[str, object]) -> pa.Table:
    for name, value in key.items():
        column = rows[name]
        rows = rows.filter(pc.is_null(column) if value is None else pc.equal(column, pa.scalar(value, column.type)))
    return rows


def _best(versions: list[dict[str, object]], changed: str | None) -> int | None:
    """Give the place of the row that is right, if that can be told."""
    places = range(len(versions))
    if changed is not None:
        last = max(str(each[changed] or "") for each in versions)
        places_last = [at for at in places if str(versions[at][changed] or "") == last]
    else:
        places_last = list(places)
    first = versions[places_last[0]]
    return places_last[0] if all(versions[at] == first for at in places_last) else None
