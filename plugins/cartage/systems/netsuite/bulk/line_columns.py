"""The columns that the mapping `order` reads of its lines, for plain orders: `payload_rows.line_row` for all at once."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical
from cartage.mapping.frames import Column, Const, Json, number_text
from cartage.records import order as record
from cartage.systems.netsuite.bulk.kinds import CERTIFICATE, OPTION, PRODUCT, TENDER, names
from cartage.systems.netsuite.bulk.tables import constant
from cartage.systems.netsuite.bulk.vectors import MICRO, Ints, micros, money, picked, replaced, some, together, where
from cartage.systems.netsuite.orders.columns import LINE
from cartage.systems.netsuite.orders.payload_rows import RATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.systems.netsuite.bulk.attributes import Attributes
    from cartage.systems.netsuite.bulk.order_columns import Plain


class LineColumns:
    """Columns of some lines.

    Args:
        orders: plain orders.
        own: places of the lines among all.
        attributes: custom attributes of the batch.
    """

    def __init__(self, orders: Plain, own: Ints, attributes: Attributes) -> None:
        self._tables, self._run, self._lines, self._rates = orders.tables, orders.run, orders.lines, orders.rates
        self._stores = orders.stores
        self._several = orders.parts.several[orders.parts.of_line[own]]
        self._own, self._attributes = own, attributes
        self._kind, self._row = self._lines.kind[own], self._lines.row[own]
        self._shipping = self._lines.of_shipping[own]

    def columns(self) -> dict[str, Any]:
        """Give them, most of them to be made when they are asked for."""
        lines, own, kind = self._lines, self._own, self._kind
        shop, option = self._row >= 0, kind == OPTION
        free = (kind == PRODUCT) & (lines.net > 0)[own] & (lines.after == 0)[own]
        columns: dict[str, Any] = {name: Const(None) for name in LINE}
        columns |= {name: self._shops(name) for name in record.LINES.names}
        columns |= self._of_attributes() | self._of_certificates()
        columns |= {
            "line_id": self._line_ids,
            "line_kind": lambda: names().take(pa.array(kind)),
            "item": self._items,
            "quantity": self._quantity,
            "amount": lambda: money(lines.after[own]),
            "gross_amount": lambda: money(lines.after[own] + np.where(shop, lines.tax_after[own], 0)),
            "shipment_id": self._shipments,
            "description": self._description,
            "rate": self._unit_price,
            "line_discount": lambda: money(-lines.off_net[own], lines.off_net[own] != 0),
            "line_tax": lambda: money(lines.tax_after[own], shop),
            "tax_reference": lambda: where(lines.taxed[own], picked(lines.rows["line_id"], self._row)),
            "line_promotions": lambda: self._adjusted("promotion_id"),
            "line_coupons": lambda: self._adjusted("coupon_id"),
            "tax_percent": lambda: Json(where(lines.taxed[own], picked(self._rates.percent, own))),
            "location_id": self._locations,
            "bonus": lambda: where(free, True),
            "option_of": lambda: where(option, picked(lines.rows["line_id"], lines.parent[own])),
            "option": lambda: where(option, self._option_words()),
        }
        return columns

    def _shops(self, name: str) -> Callable[[], Column]:
        """Give a column of the shop's."""

        def get() -> Column:
            column = self._lines.rows[name]
            return Const(None) if column.null_count == len(column) else picked(column, self._row)

        return get

    def _texts(self, name: str) -> pa.Array:
        return picked(self._lines.rows[name], self._row)

    def _of_attributes(self) -> dict[str, Any]:
        found = self._attributes.of_lines(self._lines.owner[self._own], self._row)
        but = self._run.settings.orders.attributes.line
        return {
            "attributes": lambda: self._attributes.of_lines_by_name(found),
            "other_attributes": lambda: self._attributes.of_lines_as_json(found, but),
        }

    def _of_certificates(self) -> dict[str, Any]:
        """Certificates that were sold, and those that were paid with."""
        sold, tendered = self._kind == CERTIFICATE, self._kind == TENDER
        if not sold.any() and not tendered.any():
            return {}
        paid = picked(self._tables.rows["payments"]["certificate_id"], self._lines.payment[self._own])

        def receivers() -> pa.Array:
            return where(sold, pc.coalesce(some(self._texts("recipient_email")), self._texts("recipient_name")))

        return {
            "certificate": lambda: where(tendered, paid, where(sold, self._texts("certificate_id"))),
            "recipient": receivers,
        }

    def _line_ids(self) -> Column:
        def of_tender(place: int) -> str:
            payment = self._lines.payment[self._own[place]]
            return f"tender:{self._tables.rows['payments']['ordinal'][int(payment)].as_py()}"

        return replaced(self._texts("line_id"), self._kind == TENDER, of_tender)

    def _items(self) -> Column:
        items, count = self._run.settings.orders.items, len(self._row)
        item = where(self._shipping, constant(items.shipping, count), self._texts("product_id"))
        item = where(self._kind == CERTIFICATE, constant(items.gift_certificate, count), item)
        return where(self._kind == TENDER, constant(items.gift_certificate_tender, count), item)

    def _quantity(self) -> pa.Array:
        return where(~self._shipping, picked(self._lines.or_parents("quantity"), self._own))

    def _shipments(self) -> Column:
        """A tender goes with its sales order's shipment, where there are several."""
        shipment = np.where((self._kind == TENDER) & ~self._several, -1, self._lines.shipment[self._own])
        return picked(self._tables.rows["shipments"]["shipment_id"], shipment)

    def _description(self) -> Column:
        otherwise = self._texts("product_name")
        otherwise = where(self._shipping, pc.coalesce(some(self._texts("item_id")), otherwise), otherwise)
        otherwise = where(self._kind == CERTIFICATE, "Gift certificate", otherwise)
        otherwise = where(self._kind == TENDER, "Paid with a gift certificate", otherwise)
        return pc.coalesce(some(self._texts("text")), otherwise)

    def _unit_price(self) -> Column:
        """A unit's price only informs: the amount divided by the quantity, as exactly as NetSuite keeps it."""
        amounts = self._lines.after[self._own]
        units, there, _ = micros(self._quantity())
        several = there & (units != MICRO) & (units != 0)
        texts = replaced(
            number_text(money(amounts)), several, lambda row: _per_unit(int(amounts[row]), int(units[row]))
        )
        return Json(where(there & (units != 0), texts))

    def _adjusted(self, name: str) -> Column:
        adjustments, promotions = self._tables.rows["adjustments"], self._lines.promotions
        if not len(promotions.line):
            return Const(None)
        texts = picked(adjustments[name], promotions.row)
        return picked(together(promotions.line, texts, len(self._lines.owner)), self._own)

    def _locations(self) -> Column:
        store, locations = picked(self._stores, self._own), self._run.site.stores
        if store.null_count == len(store):
            return Const(None)
        place = pc.index_in(store, value_set=pa.array(list(locations), pa.string()))
        return pa.array(list(locations.values()), pa.string()).take(place)

    def _option_words(self) -> pa.Array:
        option, value = (pc.fill_null(self._texts(each), "None") for each in ("option_id", "value_id"))
        return pc.binary_join_element_wise(option, value, ": ")


@lru_cache(maxsize=16_384)
def _per_unit(amount: int, units: int) -> str:
    return canonical.number((Decimal(amount) / Decimal(units)).quantize(RATE))
