"""Neutral batches written by hand: an order is a dict with its lines, adjustments, shipments and payments in it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from cartage.records import customer, order
from cartage.records.batch import Batch

MONEY = {"net", "tax", "gross", "base_price", "amount", "rate", "tax_rate", "tax_basis", "quantity"}


def money(*parts: str) -> dict[str, str]:
    """Net, tax and their sum: three amounts as SFCC writes them."""
    net, tax = parts
    return {"net": net, "tax": tax, "gross": str(Decimal(net) + Decimal(tax))}


def product(
    sku: str, net: str, tax: str = "0", quantity: str = "1", rate: str = "0.19", **others: Any
) -> dict[str, Any]:
    """A product line; `options`, `bundled`, `adjustments`, `tax_items`, `attributes` may stand in it."""
    line = {
        "kind": "product",
        "product_id": sku,
        "product_name": f"Name of {sku}",
        "quantity": quantity,
        "tax_rate": rate,
    }
    return line | {"shipment_id": "me"} | money(net, tax) | others


def shipping(net: str, tax: str = "0", rate: str = "0.19", **others: Any) -> dict[str, Any]:
    """A shipping line."""
    return (
        {"kind": "shipping", "item_id": "STANDARD_SHIPPING", "shipment_id": "me", "tax_rate": rate}
        | money(net, tax)
        | others
    )


def adjustment(promotion: str, net: str, tax: str = "0", **others: Any) -> dict[str, Any]:
    """A price adjustment, on a line unless `scope` says otherwise."""
    return {"promotion_id": promotion, "scope": "line"} | money(net, tax) | others


def shop_order(number: str = "00017", **others: Any) -> dict[str, Any]:
    """An order with everything an order needs but lines; its total is summed up unless it is given."""
    base = {
        "site": "RefArch", "order_no": number, "version": "2026-03-01T00:00:00Z",
        "placed_at": datetime(2026, 1, 31, 23, 30, tzinfo=UTC), "currency": "EUR", "locale": "de_DE", "taxation": "net",
        "customer_no": "00000007", "customer_guest": False, "customer_name": "Erika Beispiel",
        "customer_email": "Erika.Beispiel@Example.com", "order_status": "NEW", "payment_status": "NOT_PAID",
        "bill_first_name": "Erika", "bill_last_name": "Beispiel", "bill_address1": "Weg 1", "bill_city": "Hamburg",
        "bill_postal_code": "20095", "bill_country_code": "DE", "bill_phone": "+49 40 123456",
        "shipments": [shipment("me")], "payments": [card("AUTH")],
    }  # fmt: skip
    return base | others


def shipment(name: str, **others: Any) -> dict[str, Any]:
    """A shipment."""
    address = {
        "ship_first_name": "Erika",
        "ship_last_name": "Beispiel",
        "ship_address1": "Weg 1",
        "ship_city": "Hamburg",
    }
    place = {"ship_postal_code": "20095", "ship_country_code": "DE"}
    return {"shipment_id": name, "shipping_method": "STANDARD"} | address | place | others


def card(transaction_type: str, amount: str | None = None, **others: Any) -> dict[str, Any]:
    """A payment by card."""
    return {
        "kind": "credit_card", "transaction_type": transaction_type, "transaction_id": "tx-1", "processor_id": "PAYMENTS",
        "card_type": "Visa", "last_four": "1111", "amount": amount,
    } | others  # fmt: skip


def certificate_payment(amount: str) -> dict[str, Any]:
    """A payment by gift certificate."""
    return {"kind": "gift_certificate", "certificate_id": "GC-TENDER", "amount": amount}


class _Builder:
    def __init__(self) -> None:
        self.tables: dict[str, list[dict[str, Any]]] = {name: [] for name in order.TABLES}

    def order(self, number: int, given: dict[str, Any]) -> None:
        nested = ("lines", "adjustments", "shipments", "payments", "attributes", "notes")
        row = {name: value for name, value in given.items() if name not in nested}
        row |= {"order": number, "position": number, "key": f"{row['site']}/{row['order_no']}"}
        for ordinal, payment in enumerate(given.get("payments", ())):
            self.tables["payments"].append(
                {"order": number, "payment": len(self.tables["payments"]), "ordinal": ordinal} | payment
            )
        for each in given.get("shipments", ()):
            place = len(self.tables["shipments"])
            own = {name: value for name, value in each.items() if name != "attributes"}
            self.tables["shipments"].append({"order": number, "shipment": place} | own)
            self._attributes(number, "shipment", place, each.get("attributes", {}))
        self._attributes(number, "order", number, given.get("attributes", {}))
        for each in given.get("adjustments", ()):
            total = {"shipping": "shipping_total"}.get(each["scope"], "merchandize_total")
            self.tables["adjustments"].append({"order": number, "total": total} | each)
        for note in given.get("notes", ()):
            self.tables["notes"].append({"order": number} | note)
        for place, line in enumerate(given.get("lines", ())):
            self._line(number, line, None, str(place + 1))
        if "order_gross" not in row:
            row["order_gross"] = str(self._total(number))
        self.tables["orders"].append(row)

    def _line(self, number: int, given: dict[str, Any], parent: int | None, line_id: str) -> None:
        nested = ("options", "bundled", "product_shipping", "adjustments", "tax_items", "attributes")
        place = len(self.tables["lines"])
        row = {name: value for name, value in given.items() if name not in nested}
        self.tables["lines"].append({"order": number, "line": place, "parent": parent, "line_id": line_id} | row)
        for each in given.get("adjustments", ()):
            self.tables["adjustments"].append({"order": number, "line": place} | each)
        for each in given.get("tax_items", ()):
            self.tables["tax_items"].append({"order": number, "line": place} | each)
        self._attributes(number, "line", place, given.get("attributes", {}))
        for kind, children in (("option", "options"), ("bundled", "bundled"), ("product_shipping", "product_shipping")):
            for index, child in enumerate(given.get(children, ())):
                self._line(
                    number,
                    {"kind": kind, "shipment_id": given.get("shipment_id")} | child,
                    place,
                    f"{line_id}.{kind}{index + 1}",
                )

    def _attributes(self, number: int, owner: str, row: int, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            self.tables["attributes"].append(
                {"order": number, "owner": owner, "owner_row": row, "name": name, "value": value}
            )

    def _total(self, number: int) -> Decimal:
        rows = [each for name in ("lines", "adjustments") for each in self.tables[name] if each["order"] == number]
        return sum((Decimal(each.get("gross") or 0) for each in rows), Decimal(0))


def orders(*given: dict[str, Any]) -> Batch:
    """Make a batch of orders."""
    builder = _Builder()
    for number, each in enumerate(given):
        builder.order(number, each)
    return Batch("order", {name: _table(rows, order.TABLES[name]) for name, rows in builder.tables.items()})


def customers(*given: dict[str, Any]) -> Batch:
    """Make a batch of customers; `addresses`, `groups` and `attributes` may stand in one."""
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in customer.TABLES}
    for number, each in enumerate(given):
        row = {name: value for name, value in each.items() if name not in ("addresses", "groups", "attributes")}
        site = row.setdefault("site", "RefArch")
        tables["customers"].append(row | {"customer": number, "key": f"{site}/{row.get('customer_no')}"})
        for place in each.get("addresses", ()):
            tables["addresses"].append({"customer": number, "address": len(tables["addresses"])} | place)
        tables["groups"] += [{"customer": number, "group_id": group} for group in each.get("groups", ())]
        tables["attributes"] += [
            {"customer": number, "owner": "customer", "owner_row": number, "name": name, "value": value}
            for name, value in each.get("attributes", {}).items()
        ]
    return Batch("customer", {name: _table(rows, customer.TABLES[name]) for name, rows in tables.items()})


def _table(rows: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    columns = []
    for field in schema:
        values = [row.get(field.name) for row in rows]
        if pa.types.is_decimal(field.type):
            values = [None if value is None else Decimal(value) for value in values]
        columns.append(pa.array(values, field.type))
    for row in rows:
        unknown = row.keys() - set(schema.names)
        assert not unknown, f"no column {unknown}"
    return pa.table(columns, schema=schema)
