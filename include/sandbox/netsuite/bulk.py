"""Many items at many locations, written in seconds: for tests of paging and for benchmarks.

``POST /sandbox/office/seed`` with ``{"items": 10000, "locations": 100}`` adds items ``BULK-000001`` and so on, each
with a base price in euro, at so many locations ``Bulk 001`` and so on, which are made on the first call.
``POST /sandbox/office/stir`` with ``{"rows": 1000}`` changes what is available in so many of their rows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import dumps
from sandbox.netsuite.seed_items import reference
from sandbox.netsuite.store import Record, moment, utc_now

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

_PREFIX = "BULK-"


def seed(account: Account, document: dict[str, Any]) -> dict[str, Any]:
    """Add items with stock and a price; gives the first internal id, and the locations'.

    Args:
        account: the account.
        document: `items` and `locations`, how many.
    """
    count = int(document["items"])
    locations = _locations(account, int(document.get("locations", 1)))
    first = account.store.next("item", first=2001, count=count)
    known = account.store.query("SELECT COUNT(*) FROM item WHERE itemid LIKE ?", f"{_PREFIX}%")[0][0]
    skus = [(first + at, f"{_PREFIX}{known + at + 1:06}") for at in range(count)]
    now = utc_now()
    price = {"currencyPage": reference(account, "currency", "1"), "priceLevel": reference(account, "priceLevel", "1"),
             "quantity": {"value": 0}, "price": Decimal("9.99")}  # fmt: skip
    store = account.store
    store.many(
        "INSERT INTO record VALUES ('item', ?, 'inventoryItem', ?, ?, 0, ?, ?, ?)",
        ((id_, sku, sku, dumps({"itemId": sku, "displayName": sku, "price": [price]}), now, now) for id_, sku in skus),
    )
    store.many(
        "INSERT INTO item (id, itemid, fullname, displayname, itemtype, isinactive, externalid, createddate, lastmodifieddate) "
        "VALUES (?, ?, ?, ?, 'InvtPart', 'F', ?, ?, ?)",
        ((id_, sku, sku, sku, sku, moment(now), moment(now)) for id_, sku in skus),
    )
    store.many(
        "INSERT INTO pricing (internalid, item, pricelevel, currency, quantity, priceqty, unitprice) VALUES (?, ?, 1, 1, 0, 0, 9.99)",
        ((id_, id_) for id_, _ in skus),
    )
    store.query(
        "INSERT OR REPLACE INTO aggregateitemlocation (item, location, quantityavailable, quantityonhand, quantitycommitted, "
        "quantityonorder, quantitybackordered, lastquantityavailablechange) "
        "SELECT i.id, l.id, (i.id * 7 + l.id * 13) % 500, (i.id * 7 + l.id * 13) % 500, 0, 0, 0, ? "
        "FROM item i CROSS JOIN location l WHERE i.id BETWEEN ? AND ? AND l.id IN (SELECT value FROM json_each(?))",
        moment(now), first, first + count - 1, dumps(locations),
    )  # fmt: skip
    return {"first_item": str(first), "items": count, "locations": [str(each) for each in locations]}


def stir(account: Account, document: dict[str, Any]) -> dict[str, Any]:
    """Put one unit more on the shelf of so many `rows`, in the order of item and location, and stamp them."""
    rows = int(document["rows"])
    account.store.query(
        "UPDATE aggregateitemlocation SET quantityonhand = quantityonhand + 1, quantityavailable = quantityavailable + 1, "
        "lastquantityavailablechange = ? WHERE rowid IN (SELECT a.rowid FROM aggregateitemlocation a "
        "JOIN item i ON i.id = a.item WHERE i.itemid LIKE ? AND a.quantityavailable IS NOT NULL "
        "ORDER BY a.item, a.location LIMIT ?)",
        moment(utc_now()), f"{_PREFIX}%", rows,
    )  # fmt: skip
    return {"rows": rows}


def _locations(account: Account, count: int) -> list[int]:
    """Give so many locations, making those that are not there yet."""
    rows = account.store.query("SELECT id FROM location WHERE name LIKE 'Bulk %' ORDER BY id")
    found = [id_ for (id_,) in rows]
    for number in range(len(found) + 1, count + 1):
        record = Record("location", account.store.next("location", first=101), {
            "name": f"Bulk {number:03}", "subsidiary": [reference(account, "subsidiary", "1")], "makeInventoryAvailable": True,
        })  # fmt: skip
        account.insert(record)
        found.append(record.id)
    return found[:count]
