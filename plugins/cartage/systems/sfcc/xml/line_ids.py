"""Ids of order lines: the shop has none in its export, and updates need one that stays."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.systems.sfcc.xml.rows import Rows, ordinals

if TYPE_CHECKING:
    from cartage.mapping.source import Element

LETTERS = {
    "product": "p",
    "option": "o",
    "bundled": "b",
    "product_shipping": "x",
    "gift_certificate": "g",
    "shipping": "s",
}


def line_ids(
    elements: list[Element], found: dict[Element, Rows], typed: dict[Element, dict[str, pa.Array]]
) -> dict[Element, pa.Array]:
    """Make the id of every line.

    An id is the kind's letter, a number, and the line's product (or a shipping line's item id):
    ``p2-NL-1004``, ``s1-STANDARD_SHIPPING``. The number is the shop's own ``position``, else the
    line's place among its like, from 1. A line within another (option, bundled product, product-level
    shipping) has its number behind that of the line around it: ``o2.1-WARRANTY-2Y``. Where an id
    would stand twice in an order, `distinct` tells them apart.

    The same lines in the same order give the same ids in every version of a document; the shop keeps
    positions when a line before is removed, so the ids of products stay then too.

    Args:
        elements: the elements that are lines, outer ones before inner ones.
        found: their rows.
        typed: their columns, `position` as text.
    """
    numbers: dict[Element, pa.Array] = {}
    ids = {}
    for element in elements:
        rows, columns = found[element], typed[element]
        number = pc.cast(pa.array(ordinals(rows.around) + 1), pa.string())
        if "position" in columns:
            number = pc.coalesce(_plain(columns["position"]), number)
        if element.around in numbers:
            number = pc.binary_join_element_wise(numbers[element.around].take(pa.array(rows.around)), number, ".")
        numbers[element] = number
        name = columns.get("product_id", columns.get("item_id"))
        head = pc.binary_join_element_wise(LETTERS[element.set["kind"]], number, "")
        ids[element] = head if name is None else pc.coalesce(pc.binary_join_element_wise(head, name, "-"), head)
    return ids


def distinct(order: pa.ChunkedArray | pa.Array, ids: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    """Append ``~2``, ``~3`` … to an id that stands again in its order (a shop that repeats a position)."""
    together = pc.binary_join_element_wise(pc.cast(order, pa.string()), ids, "/")
    if pc.count_distinct(together).as_py() == len(ids):
        return ids
    seen: Counter[str] = Counter()
    made = []
    for key, line_id in zip(together.to_pylist(), ids.to_pylist(), strict=True):
        seen[key] += 1
        made.append(line_id if seen[key] == 1 else f"{line_id}~{seen[key]}")
    return pa.array(made, pa.string())


def _plain(position: pa.Array) -> pa.Array:
    """A position is a decimal; `1` and `1.0` are the same."""
    text = pc.cast(position, pa.string())
    return pc.replace_substring_regex(text, r"\.0*$|(\.\d*?)0+$", r"\1")
