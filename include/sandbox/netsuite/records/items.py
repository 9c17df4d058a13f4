"""Items: inventory, assemblies, kits, non-inventory, charges, discounts, gift certificates."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import invalid, user_error
from sandbox.netsuite.stock import STOCKED
from sandbox.netsuite.store import ITEM_TYPES, Record, moment

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

BASE_PRICE = "1"
"""Internal id of the base price level."""

CUSTOM_PRICE = "-1"
"""Internal id of the price level `Custom`: the amount is given."""


_COLUMNS = ("itemId", "displayName", "isOnline", "upcCode", "vendorName", "manufacturer", "mpn", "weight", "cost",
            "averageCost", "lastPurchasePrice", "parent", "isFulfillable", "class", "pricingGroup", "useMarginalRates",
            "preferredLocation", "safetyStockLevel", "preferredStockLevel", "reorderPoint", "leadTime")  # fmt: skip
_LOCATION_LEVELS = ("preferredStockLevel", "safetyStockLevel", "reorderPoint", "leadTime")
_TABLES = ("item", "kititemmember", "pricing", "itemprice")


class ItemRules:
    """Names are unique; prices stand in the price list by currency, level and quantity; what is counted has shelves."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Require a name that no other item has, complete prices and members, and keep levels by location apart."""
        del sent
        body = record.body
        name = body.get("itemId")
        if not name:
            raise user_error("Please enter value(s) for: Item Name/Number", path="itemId")
        other = account.store.point("item", "name", name)
        if other is not None and other[0] != record.id:
            raise user_error("Uniqueness error: an item with this name already exists.", path="itemId")
        record.name = name
        record.inactive = bool(body.get("isInactive", False))
        _check_prices(body)
        _check_members(body)
        self._shelve(account, record, new=old is None)

    def _shelve(self, account: Account, record: Record, *, new: bool) -> None:
        settings = record.body.pop("locations", [])
        if record.type not in STOCKED:
            return
        if new:
            for (location,) in account.store.query("SELECT id FROM location"):
                account.shelves.open(record.id, location)
        for position, line in enumerate(settings):
            if "location" not in line:
                raise invalid(f"locations.items[{position}].location", "Please enter value(s) for: Location")
            levels = {level.lower(): line[level] for level in _LOCATION_LEVELS if level in line}
            account.shelves.configure(record.id, int(line["location"]["id"]), levels)

    def lay_out(self, account: Account, record: Record) -> None:
        """Rows of item, its members, its prices."""
        body = record.body
        custom = {name: (moment(value) if account.store.is_date("item", name) else value)
                  for name, value in body.items() if name.startswith("custitem_")}  # fmt: skip
        row = {name.lower(): body.get(name) for name in _COLUMNS} | custom | {
            "id": record.id, "fullname": body["itemId"], "itemtype": ITEM_TYPES[record.type], "isinactive": record.inactive,
            "description": body.get("salesDescription") or body.get("description"), "externalid": record.external_id,
            "createddate": moment(record.created), "lastmodifieddate": moment(record.modified),
            "subtype": "Sale" if "Sale" in record.type else None,
        }  # fmt: skip
        store = account.store
        store.lay("item", record.id, [row])
        store.lay("kititemmember", record.id, [
            {"parentitem": record.id, "item": each["item"], "quantity": each["quantity"], "linenumber": number}
            for number, each in enumerate(body.get("member", []), start=1)
        ])  # fmt: skip
        prices = [each for each in body.get("price", []) if each.get("price") is not None]
        store.lay("pricing", record.id, [_pricing(record.id, body, each) for each in prices])
        store.lay("itemprice", record.id, [_item_price(record.id, each) for each in prices if not threshold(each)])

    def delete(self, account: Account, record: Record) -> None:
        """Refused once a transaction or a kit names it."""
        for sql in (
            "SELECT 1 FROM transactionline WHERE item = ? LIMIT 1",
            "SELECT 1 FROM kititemmember WHERE item = ?",
        ):
            if account.store.query(sql, record.id):
                raise user_error("This item cannot be deleted because it has dependent records.")
        self.hide(account, record)

    def hide(self, account: Account, record: Record) -> None:
        """Take every row that SuiteQL has of it."""
        for table in _TABLES:
            account.store.lay(table, record.id, [])
        account.shelves.forget(record.id)


def threshold(price: dict[str, Any]) -> Decimal:
    """Give from how many units on a line of the price list holds; NetSuite begins at 0."""
    value = (price.get("quantity") or {}).get("value")
    return Decimal(str(value or 0))


def _check_prices(body: dict[str, Any]) -> None:
    for position, price in enumerate(body.get("price", [])):
        for name, label in (("priceLevel", "Price Level"), ("currencyPage", "Currency")):
            if name not in price:
                raise invalid(f"price.items[{position}].{name}", f"Please enter value(s) for: {label}")
        try:
            quantity = threshold(price)
        except ArithmeticError:
            quantity = Decimal(-1)
        if quantity < 0:
            raise invalid(f"price.items[{position}].quantity", "Invalid value: a quantity of 0 or more is expected.")


def _check_members(body: dict[str, Any]) -> None:
    for position, member in enumerate(body.get("member", [])):
        if "item" not in member or Decimal(member.get("quantity", 0)) <= 0:
            raise invalid(f"member.items[{position}]", "Please enter value(s) for: Item, Quantity")
        member["lineNumber"] = position + 1


def _pricing(item: int, body: dict[str, Any], price: dict[str, Any]) -> dict[str, Any]:
    quantity = threshold(price)
    return {
        "internalid": item, "item": item, "pricelevel": price["priceLevel"], "currency": price["currencyPage"],
        "quantity": quantity, "priceqty": quantity, "unitprice": price["price"], "saleunit": body.get("saleUnit"),
    }  # fmt: skip


def _item_price(item: int, price: dict[str, Any]) -> dict[str, Any]:
    level = price["priceLevel"]
    return {
        "item": item, "price": price["price"], "pricelevel": level, "pricelevelname": level["refName"],
        "currencypage": price["currencyPage"], "isinactive": False,
    }  # fmt: skip


def unit_price(item: Record, level: str, currency: str, quantity: Decimal) -> Decimal | None:
    """Look a price up: the highest quantity break that the quantity reaches."""
    found: tuple[Decimal, Decimal] | None = None
    for price in item.body.get("price", []):
        if str(price["priceLevel"]["id"]) != level or str(price["currencyPage"]["id"]) != currency:
            continue
        least = threshold(price)
        if price.get("price") is not None and least <= quantity and (found is None or least >= found[0]):
            found = least, Decimal(price["price"])
    if found is None and "rate" in item.body:
        return Decimal(item.body["rate"])
    return found[1] if found else None
