"""What people in the merchant's office and warehouse do, in one request each: for tests and the demo.

``POST /sandbox/office/{errand}`` with a document; from this machine only::

    receive  {"item": "NL-1000", "location": "1", "quantity": 5}      # or "count": units on hand after a stocktake,
                                                                      # "on_order": units more on order
    price    {"item": "NL-1000", "level": "1", "currency": "EUR", "quantity": 10, "price": "85.00"}   # null: gone
    fulfil   {"order_no": "00000123", "tracking": ["1Z1", "1Z2"], "carrier": "UPS", "status": "C",
              "lines": [{"line_id": "1", "quantity": 1}], "shipment_id": "me"}     # lines, shipment_id: all without
    ship     {"fulfilment": "20010", "status": "C", "tracking": ["1Z3"]}
    approve  {"order": "20001"}     hold {"order": "20001"}     cancel {"order": "20001"}
    close    {"order": "20001", "lines": [{"line_id": "1"}]}                       # without lines: all that is open
    item     {"item": "NL-1000", "inactive": true}      # or "delete": true, "hide": true, "fields": {...}
    location {"name": "Pop-up Köln", "subsidiary": "1", "kind": "1"}   # or {"location": "7", "inactive": true}

An item is named by sku or internal id, an order by internal id, ``eid:`` and external id, or by the shop's number
(`order_no`: all orders it became). A hidden item is one that the integration's role may no longer see.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import bulk, stock
from sandbox.netsuite.answers import user_error
from sandbox.netsuite.records.items import ItemRules, threshold
from sandbox.netsuite.records.sales import CANCELLED, fulfillable, pickable_quantity, refresh_order
from sandbox.netsuite.transform import transform

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.netsuite.account import Account
    from sandbox.netsuite.store import Record

Document = dict[str, Any]


def run(account: Account, errand: str, document: Document) -> Document:
    """Run an errand; all or nothing.

    Args:
        account: the account.
        errand: one of ERRANDS.
        document: what it needs.

    Returns:
        The internal ids of what was made or changed.

    Raises:
        Refusal: NetSuite does not allow it.
        LookupError: there is no such errand, record or line, or the document lacks something.
        ValueError: a value is none.
    """
    if errand not in ERRANDS:
        raise LookupError(f"no errand {errand}; there are {', '.join(sorted(ERRANDS))}")
    writes = account.control.writes.copy()
    try:
        with account.store.transaction():
            return ERRANDS[errand](account, document)
    finally:
        account.control.writes = writes  # those of the integration are counted, not these


def _receive(account: Account, document: Document) -> Document:
    item, location = _item(account, document), int(document["location"])
    if item.type not in stock.STOCKED:
        raise ValueError(f"{item.name} is not counted")
    shelves = account.shelves
    if "on_order" in document:
        shelves.move(item.id, location, onorder=Decimal(str(document["on_order"])))
    elif "count" in document:
        shelves.move(item.id, location, onhand=Decimal(str(document["count"])) - shelves.on_hand(item.id, location))
    else:
        shelves.move(item.id, location, onhand=Decimal(str(document["quantity"])))
    for order in stock.waiting(account, item.id, location):
        refresh_order(account, order)
    return {"item": str(item.id), "available": str(shelves.available(item.id, location))}


def _price(account: Account, document: Document) -> Document:
    """Set, change or take away a price; the item's last change is left as it is, as NetSuite may do."""
    item = _item(account, document)
    level, currency = (_choice(account, kind, document[name]) for kind, name in (("priceLevel", "level"), ("currency", "currency")))  # fmt: skip
    least = Decimal(str(document.get("quantity", 0)))
    kept = [
        each for each in item.body.get("price", [])
        if (each["priceLevel"]["id"], each["currencyPage"]["id"], threshold(each)) != (level["id"], currency["id"], least)
    ]  # fmt: skip
    if document.get("price") is not None:
        kept.append({"currencyPage": currency, "priceLevel": level, "quantity": {"value": int(least)},
                     "price": Decimal(str(document["price"]))})  # fmt: skip
    item.body["price"] = kept
    account.store.put(item)
    account.registry.rules[item.type].lay_out(account, item)
    return {"item": str(item.id)}


def _fulfil(account: Account, document: Document) -> Document:
    made = []
    body: Document = {"shipStatus": {"id": document.get("status", "C")}, **_packages(document)}
    if "carrier" in document:
        body["shipMethod"] = _choice(account, "shipItem", document["carrier"])
        body["shipCarrier"] = {"id": "ups" if document["carrier"].lower().startswith("ups") else "nonups"}
    for order in _orders(account, document):
        wanted = {line["line"]: quantity for line, quantity in _lines(order, document)}
        if not wanted:
            continue
        items = [
            {"orderLine": line["line"], "quantity": wanted[line["line"]]} if line["line"] in wanted
            else {"orderLine": line["line"], "itemReceive": False} for line in order.body["item"]
        ]  # fmt: skip
        record = transform(account, order, "itemFulfillment", body | {"item": {"items": items}})
        made.append(str(record.id))
    if not made:
        raise LookupError("no open line of the order is meant")
    return {"fulfilments": made}


def _lines(order: Record, document: Document) -> list[tuple[Document, Any]]:
    """Choose lines of an order and how much of each; without a choice all that no fulfilment holds yet."""
    shipment = document.get("shipment_id")
    found = []
    for line in order.body["item"]:
        belongs = line.get("custcol_ctg_shipment_id") or order.body.get("custbody_ctg_shipment_id")
        if shipment is not None and belongs != shipment:
            continue
        choice = next((each for each in document.get("lines", [{}]) if _meant(line, each)), None)
        left = Decimal(0) if line["isClosed"] else pickable_quantity(line)
        if choice is None or not (left or "quantity" in choice) or not fulfillable(line):
            continue
        found.append((line, Decimal(str(choice.get("quantity", left)))))
    return found


def _meant(line: Document, choice: Document) -> bool:
    keys = {"line": line["line"], "line_id": line.get("custcol_ctg_line_id"), "sku": line["item"]["refName"]}
    return all(str(choice[name]) == str(value) for name, value in keys.items() if name in choice)


def _ship(account: Account, document: Document) -> Document:
    record = account.find("itemFulfillment", str(document["fulfilment"]))
    change = _packages(document) | ({"shipStatus": {"id": document["status"]}} if "status" in document else {})
    account.update(record, change)
    return {"fulfilment": str(record.id)}


def _packages(document: Document) -> Document:
    numbers = document.get("tracking", [])
    return {"package": {"items": [{"packageTrackingNumber": each} for each in numbers]}} if numbers else {}


def _status(letter: str) -> Callable[[Account, Document], Document]:
    def errand(account: Account, document: Document) -> Document:
        orders = _orders(account, document)
        for order in orders:
            account.update(order, {"orderStatus": {"id": letter}})
        return {"orders": [str(order.id) for order in orders]}

    return errand


def _close(account: Account, document: Document) -> Document:
    changed = []
    for order in _orders(account, document):
        lines = [line for line in order.body["item"] if not line["isClosed"]
                 and any(_meant(line, each) for each in document.get("lines", [{}]))]  # fmt: skip
        if lines:
            account.update(order, {"item": {"items": [{"line": line["line"], "isClosed": True} for line in lines]}})
            changed.append(str(order.id))
    return {"orders": changed}


def _cancel(account: Account, document: Document) -> Document:
    """Cancel as the button in the UI does: only what is pending approval has it."""
    orders = _orders(account, document)
    for order in orders:
        if order.body["status"]["id"] != "A":
            raise user_error(f"The sales order {order.id} is not pending approval and cannot be cancelled.")
        order.body[CANCELLED] = True
        refresh_order(account, order)
    return {"orders": [str(order.id) for order in orders]}


def _change_item(account: Account, document: Document) -> Document:
    item = _item(account, document)
    if document.get("delete"):
        account.delete(item)
    elif document.get("hide"):
        ItemRules().hide(account, item)
        account.store.remove(item)
    else:
        fields = dict(document.get("fields", {}))
        if "inactive" in document:
            fields["isInactive"] = bool(document["inactive"])
        account.update(item, fields)
    return {"item": str(item.id)}


def _location(account: Account, document: Document) -> Document:
    if "location" in document:
        record = account.find("location", str(document["location"]))
        account.update(record, {"isInactive": bool(document.get("inactive", False))})
        return {"location": str(record.id)}
    made, _ = account.create("location", {
        "name": document["name"], "subsidiary": {"items": [{"id": str(document.get("subsidiary", "1"))}]},
        "locationType": {"id": str(document.get("kind", "2"))}, "makeInventoryAvailable": True,
        **({"mainAddress": document["address"]} if "address" in document else {}),
    })  # fmt: skip
    return {"location": str(made.id)}


def _item(account: Account, document: Document) -> Record:
    name = str(document["item"])
    found = account.store.point("item", "name", name) or account.store.point("item", "id", name)
    record = account.store.get(found[1], str(found[0])) if found else None
    if record is None:
        raise LookupError(f"no item {name}")
    return record


def _orders(account: Account, document: Document) -> list[Record]:
    if "order" in document:
        return [account.find("salesOrder", str(document["order"]))]
    number = str(document["order_no"])
    rows = account.store.query(
        "SELECT id FROM \"transaction\" WHERE type = 'SalesOrd' AND (custbody_ctg_order_no = ? OR otherrefnum = ?) ORDER BY id",
        number, number,
    )  # fmt: skip
    if not rows:
        raise LookupError(f"no sales order of the shop's order {number}")
    return [account.find("salesOrder", str(id_)) for (id_,) in rows]


def _choice(account: Account, record_type: str, value: Any) -> dict[str, str]:
    """Give a reference by internal id or by name."""
    for column in ("id", "name"):
        found = account.store.point(record_type, column, str(value))
        if found is not None:
            return {"id": str(found[0]), "refName": found[2]}
    raise LookupError(f"no {record_type} {value}")


ERRANDS: dict[str, Callable[[Account, Document], Document]] = {
    "receive": _receive, "price": _price, "fulfil": _fulfil, "ship": _ship, "approve": _status("B"), "hold": _status("A"),
    "close": _close, "cancel": _cancel, "item": _change_item, "location": _location, "seed": bulk.seed, "stir": bulk.stir,
}  # fmt: skip
"""Errand -> what does it."""
