"""What an order took, out of an order that cannot be read: a wrong price condemns it, and its units are sold all the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from lxml import etree

from cartage.records.booking import GIVEN_BACK, NOTED
from cartage.systems.sfcc.inventory.sales import lines_of
from cartage.systems.sfcc.xml.line_ids import LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Row = dict[str, Any]


def salvaged(original: bytes, site: str, order_no: str, lists: Mapping[str, str]) -> pa.Table:
    """Give the lines of an order that the readers refused, as far as they can be made out.

    They count as exported from the first, and any version of the order that can be read takes their place.

    Args:
        original: the order as it came: an element of the export, or SCAPI's JSON.
        site: the site it came from.
        order_no: its number.
        lists: by site, the list that orders take from unless their lines say otherwise.

    Returns:
        A table as in `cartage.records.booking.NOTED`; empty when nothing could be made out.
    """
    now = datetime.now(UTC)
    if original.lstrip().startswith(b"{"):
        document = {**json.loads(original, parse_float=Decimal), "orderNo": order_no}
        rows = list(lines_of(document, site, lists, now))
    else:
        rows = list(_elements(original, lists.get(site), now))
    same = {"site": site, "order_no": order_no, "version": ""}
    complete = [{**row, **same, "exported_at": row["booked_at"]} for row in rows]
    return pa.Table.from_pylist([row for row in complete if row["quantity"] > 0], NOTED)


def _elements(original: bytes, default: str | None, now: datetime) -> Iterator[Row]:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False)
    root = etree.fromstring(b"<salvage>" + original + b"</salvage>", parser)
    if root is None:
        return
    status = _text(root, ".//{*}status/{*}order-status")
    order = {
        "booked_at": _moment(_text(root, ".//{*}order-date")) or now,
        "cancelled": (status or "").upper() in GIVEN_BACK,
    }
    for place, line in enumerate(root.iterfind(".//{*}product-lineitem"), 1):
        sku, list_id = _text(line, "{*}product-id"), _text(line, "{*}inventory-list-id") or default
        if sku and list_id:
            number = _plain(_text(line, "{*}position")) or str(place)
            units = _number(_text(line, "{*}quantity"))
            line_id = f"{LETTERS['product']}{number}-{sku}"
            yield order | {"line_id": line_id, "list_id": list_id, "sku": sku, "quantity": units or Decimal(1)}


def _text(node: Any, path: str) -> str | None:
    found = node.findtext(path)
    return found.strip() if isinstance(found, str) and found.strip() else None


def _number(text: str | None) -> Decimal | None:
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None


def _plain(text: str | None) -> str | None:
    number = _number(text)
    return None if number is None or not number.is_finite() else format(number.normalize(), "f")


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
