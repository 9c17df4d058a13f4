"""Items: inventory, kits, non-inventory, charges, discounts, gift certificates."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import user_error
from sandbox.netsuite.store import ITEM_TYPES, Record, moment

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

BASE_PRICE = "1"
"""Internal id of the base price level."""

CUSTOM_PRICE = "-1"
"""Internal id of the price level `Custom`: the amount is given."""


class ItemRules:
    """Names are unique; prices stand in the price list by currency, level and quantity."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Require a name that no other item has."""
        del old, sent
        name = record.body.get("itemId")
        if not name:
            raise user_error("Please enter value(s) for: Item Name/Number", path="itemId")
        other = account.store.point("item", "name", name)
        if other is not None and other[0] != record.id:
            raise user_error("Uniqueness error: an item with this name already exists.", path="itemId")
        record.name = name
        record.inactive = bool(record.body.get("isInactive", False))

    def lay_out(self, account: Account, record: Record) -> None:
        """Rows of item, its members, its prices."""
        body = record.body
        plain = ("itemId", "displayName", "isOnline", "upcCode", "vendorName", "manufacturer", "mpn", "weight", "cost",
                 "averageCost", "lastPurchasePrice", "parent", "isFulfillable")  # fmt: skip
        row = {name.lower(): body.get(name) for name in plain} | {
            "id": record.id, "fullname": body["itemId"], "itemtype": ITEM_TYPES[record.type], "isinactive": record.inactive,
            "description": body.get("salesDescription") or body.get("description"), "externalid": record.external_id,
            "createddate": moment(record.created), "lastmodifieddate": moment(record.modified),
            "subtype": "Sale" if "Sale" in record.type else None,
        }  # fmt: skip
        store = account.store
        store.lay("item", record.id, [row])
        members = [
            {"parentitem": record.id, "item": each["item"], "quantity": each["quantity"]}
            for each in body.get("member", [])
        ]
        store.lay("kititemmember", record.id, members)
        store.lay("pricing", record.id, [self._price(record.id, each) for each in body.get("price", [])])
        store.lay("itemprice", record.id, [self._item_price(record.id, each) for each in body.get("price", [])])

    def _price(self, item: int, price: dict[str, Any]) -> dict[str, Any]:
        quantity = (price.get("quantity") or {}).get("value", 0)
        return {
            "internalid": item, "item": item, "pricelevel": price["priceLevel"], "currency": price["currencyPage"],
            "quantity": quantity, "priceqty": quantity, "unitprice": price.get("price"),
        }  # fmt: skip

    def _item_price(self, item: int, price: dict[str, Any]) -> dict[str, Any]:
        level = price["priceLevel"]
        return {
            "item": item, "price": price.get("price"), "pricelevel": level, "pricelevelname": level["refName"],
            "currencypage": price["currencyPage"], "isinactive": False,
        }  # fmt: skip

    def delete(self, account: Account, record: Record) -> None:
        """Refused once a transaction names it."""
        if account.store.query("SELECT 1 FROM transactionline WHERE item = ? LIMIT 1", record.id):
            raise user_error("This item cannot be deleted because it has dependent records.")
        for table in ("item", "kititemmember", "pricing", "itemprice"):
            account.store.lay(table, record.id, [])


def unit_price(item: Record, level: str, currency: str, quantity: Decimal) -> Decimal | None:
    """Look a price up: the highest quantity break that the quantity reaches."""
    found: tuple[Decimal, Decimal] | None = None
    for price in item.body.get("price", []):
        if str(price["priceLevel"]["id"]) != level or str(price["currencyPage"]["id"]) != currency:
            continue
        threshold = Decimal((price.get("quantity") or {}).get("value", 0))
        if threshold <= quantity and (found is None or threshold >= found[0]):
            found = threshold, Decimal(price.get("price", 0))
    if found is None and "rate" in item.body:
        return Decimal(item.body["rate"])
    return found[1] if found else None
