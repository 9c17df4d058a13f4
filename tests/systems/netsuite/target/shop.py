"""Documents as the transform makes them, small enough to read."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pyarrow as pa

from cartage.mapping import canonical
from cartage.records.batch import Batch
from cartage.records.document import DOCUMENTS
from cartage.systems.netsuite.external_ids import guest_key

INTEGRATION = "sfcc_netsuite"
PREFIX = "sfcc_5fnetsuite-_52ef_41rch"


@dataclass
class Order:
    """An order of the shop, and what it becomes.

    Lines are (line id, item's internal id, quantity, amount).
    """

    number: str
    email: str | None = None
    customer_no: str | None = None
    guest: bool = False
    own_customer: bool = False
    first_name: str = "Ada"
    last_name: str = "Byron"
    company: str | None = None
    buyer: str | None = None
    subsidiary: str = "1"
    currency: str = "1"
    location: str = "1"
    lines: tuple[tuple[str, str, int, str], ...] = (("L1", "ITEM", 2, "20.00"), ("L2", "ITEM2", 1, "9.95"))
    shipping: str = "4.95"
    tax: str = "0"
    version: str = "2026-03-01T10:00:00Z"
    date: str = "2026-03-01"
    cancel: bool = False
    deposits: tuple[str, ...] = ()
    expected_total: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"RefArch/{self.number}"

    @property
    def customer_id(self) -> str:
        kind = (
            guest_key(self.email or "")
            if self.guest and not self.own_customer
            else self.customer_no or f"_o{self.number.lower()}"
        )
        return f"{PREFIX}-cust-{kind}"

    @property
    def order_id(self) -> str:
        return f"{PREFIX}-so-{self.number.lower()}"

    def deposit_id(self, ordinal: int) -> str:
        return f"{PREFIX}-dep-{self.number.lower()}_p{ordinal}"

    @property
    def total(self) -> Decimal:
        return sum((Decimal(each[3]) for each in self.lines), Decimal(0)) + Decimal(self.shipping) + Decimal(self.tax)


def batch(*orders: Order, items: dict[str, str] | None = None) -> Batch:
    """Give the documents of these orders; `items` are internal ids for the names that lines use."""
    rows = [each for row, order in enumerate(orders) for each in _documents(row, order, items or {})]
    return Batch("document", {"documents": pa.Table.from_pylist(rows, schema=DOCUMENTS)})


def customers(*orders: Order, books: dict[str, list[dict[str, Any]]] | None = None) -> Batch:
    """Give customer documents of the customers flow, made of orders' customers."""
    rows = []
    for row, order in enumerate(orders):
        document = _customer(row, order)
        body = canonical.loads(document["body"])
        if books and order.number in books:
            body["addressBook"] = {"items": books[order.number]}
        document |= {"kind": "customer", "body": canonical.dumps(body), "hash": canonical.digest(body)}
        rows.append(document)
    return Batch("document", {"documents": pa.Table.from_pylist(rows, schema=DOCUMENTS)})


def _documents(row: int, order: Order, items: dict[str, str]) -> list[dict[str, Any]]:
    if order.cancel:
        body = {"otherRefNum": order.number, "subsidiary": {"id": order.subsidiary}, **order.extra.get("order", {})}
        return [_row(row, 0, order, "salesOrder", order.order_id, body, action="cancel")]
    found = [_customer(row, order)]
    if order.company and order.buyer:
        found.append(_row(row, 1, order, "contact", f"{PREFIX}-cont-{order.number.lower()}", {
            "company": {"$document": order.customer_id}, "firstName": "Petra", "lastName": f"Kauf {order.number}",
            "email": order.buyer, "subsidiary": {"id": order.subsidiary},
        }))  # fmt: skip
    expected = {"total": order.expected_total or str(order.total), "tax": order.tax, "shipping": order.shipping}
    found.append(
        _row(row, 2, order, "salesOrder", order.order_id, _order(order, items), expected=canonical.dumps(expected))
    )
    for ordinal, amount in enumerate(order.deposits):
        body = {
            "customer": {"$document": order.customer_id}, "salesOrder": {"$document": order.order_id},
            "payment": Decimal(amount), "currency": {"id": order.currency}, "tranDate": order.date,
        }  # fmt: skip
        found.append(_row(row, 3 + ordinal, order, "customerDeposit", order.deposit_id(ordinal), body))
    return found


def _customer(row: int, order: Order) -> dict[str, Any]:
    person = order.company is None
    body: dict[str, Any] = {
        "isPerson": person, "subsidiary": {"id": order.subsidiary}, "currency": {"id": order.currency},
        "custentity_ctg_site": "RefArch",
    }  # fmt: skip
    body |= {"firstName": order.first_name, "lastName": order.last_name} if person else {"companyName": order.company}
    body |= {"email": order.email} if order.email else {}
    body |= {"custentity_ctg_customer_no": order.customer_no} if order.customer_no else {}
    body |= {"custentity_ctg_guest": True} if order.guest else {}
    match = {
        "site": "RefArch", "subsidiary": order.subsidiary, "currency": order.currency, "customer_no": order.customer_no,
        "email": order.email, "is_person": person, "guest": order.guest, "external_ids": [order.customer_id],
    }  # fmt: skip
    return _row(
        row,
        0,
        order,
        "customer",
        order.customer_id,
        body | order.extra.get("customer", {}),
        match=canonical.dumps(match),
    )


def _order(order: Order, items: dict[str, str]) -> dict[str, Any]:
    lines = [
        {
            "item": {"id": items.get(item, item)}, "quantity": Decimal(quantity), "price": {"id": "-1"},
            "amount": Decimal(amount), "custcol_ctg_line_id": line, "taxDetailsReference": line,
        }
        for line, item, quantity, amount in order.lines
    ]  # fmt: skip
    return {
        "entity": {"$document": order.customer_id}, "subsidiary": {"id": order.subsidiary},
        "currency": {"id": order.currency}, "tranDate": order.date, "otherRefNum": order.number,
        "orderStatus": {"id": "B"}, "location": {"id": order.location}, "toBeEmailed": False,
        "shipMethod": {"id": "101"}, "shippingCost": Decimal(order.shipping),
        "shippingAddress": {"addressee": f"{order.first_name} {order.last_name}", "addr1": "Ring 1", "city": "Hamburg",
                            "zip": "20354", "country": {"id": "DE"}},
        "taxDetailsOverride": True,
        "taxDetails": {"items": [{"taxDetailsReference": {"id": order.lines[0][0]}, "taxType": "VAT", "taxCode": {"id": "10"},
                                  "taxBasis": order.total, "taxRate": Decimal(19), "taxAmount": Decimal(order.tax)}]},
        "item": {"items": lines}, "custbody_ctg_integration": INTEGRATION, "custbody_ctg_order_no": order.number,
        **order.extra.get("order", {}),
    }  # fmt: skip


def _row(  # noqa: PLR0917
    row: int, place: int, order: Order, type_: str, external_id: str, body: dict[str, Any], *,
    action: str = "upsert", expected: str | None = None, match: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "record": row, "document": place, "kind": "order", "key": order.key, "version": order.version, "type": type_,
        "external_id": external_id, "action": action, "body": canonical.dumps(body), "hash": canonical.digest(body),
        "expected": expected, "match": match,
    }  # fmt: skip
