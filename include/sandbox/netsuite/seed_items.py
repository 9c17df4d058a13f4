"""Items, prices and stock that the account holds from the start, made of the shop's catalogue."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from sandbox import catalogue
from sandbox.netsuite.store import Record, family

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.netsuite.account import Account

_KINDS = {"inventory": "inventoryItem", "assembly": "assemblyItem", "kit": "kitItem", "non_inventory": "nonInventorySaleItem"}  # fmt: skip
_UNTAXED = ("gift-certificate", "gift-certificate-tender", "sales-tax")
_FIRST_ITEM = 1001
_FIRST_SPECIAL = 901
_SHARES = {"2": "0.80", "3": "0.70"}
"""Price level -> its share of the base price."""

Price = tuple[str, str, int, Decimal]
"""Price level, currency, units from which on, price."""


def reference(account: Account, record_type: str, id_: str) -> dict[str, str]:
    """Give the stored form of a reference to a record that is there.

    Raises:
        LookupError: it is not.
    """
    found = account.store.point(family(record_type), "id", id_)
    if found is None:
        raise LookupError(f"{record_type} {id_}")
    return {"id": id_, "refName": found[2]}


def seed_items(account: Account, today: dt.date) -> None:
    """Write the catalogue's products, in its order, and the items that stand for what is no product."""
    ids: dict[str, str] = {}
    for number, product in enumerate((*catalogue.PRODUCTS, *catalogue.STOCK_CASES), start=_FIRST_ITEM):
        ids[product.sku] = str(number)
        item = Record(_KINDS[product.kind], number, _body(account, product, ids, today), product.sku)
        account.insert(item)
        for location, units in _shelves(product).items():
            account.shelves.move(item.id, int(location), onhand=Decimal(units))
    for number, (name, record_type) in enumerate(catalogue.SPECIAL_ITEMS.items(), start=_FIRST_SPECIAL):
        body = {"itemId": name, "displayName": name, "isTaxable": name not in _UNTAXED}
        if record_type == "discountItem":
            body["rate"] = "0"
        account.insert(Record(record_type, number, body, name))


def _body(account: Account, product: catalogue.Product, ids: dict[str, str], today: dt.date) -> dict[str, Any]:
    kind = "2" if product.sku in catalogue.CLOTHING else "1"
    body: dict[str, Any] = {
        "itemId": product.sku, "displayName": product.name, "salesDescription": product.name, "isTaxable": True,
        "isOnline": True, "manufacturer": product.brand, "isFulfillable": True, "isInactive": product.inactive,
        "class": reference(account, "classification", kind), "pricingGroup": reference(account, "pricingGroup", kind),
        "price": [
            {"currencyPage": reference(account, "currency", currency), "priceLevel": reference(account, "priceLevel", level),
             "quantity": {"value": units}, "price": price} for level, currency, units, price in _prices(product)
        ],
    }  # fmt: skip
    if product.sku.isdigit():
        body["upcCode"] = product.sku
    if product.members:
        body["member"] = [
            {"item": {"id": ids[sku], "refName": sku}, "quantity": Decimal(quantity)}
            for sku, quantity in product.members
        ]
    return body | _shop_attributes(product, today)


def _shop_attributes(product: catalogue.Product, today: dt.date) -> dict[str, Any]:
    """Give the custom fields; a check box that nobody ticked is F, any other field that is empty is null."""
    day = dt.timedelta(days=1)
    given = {
        "custitem_ctg_handling": product.handling if product.handling != "none" else None,
        "custitem_ctg_backorder": Decimal(product.backorder) if product.backorder else None,
        "custitem_ctg_safety_stock": Decimal(product.safety) if product.safety else None,
        "custitem_ctg_in_stock_date": product.in_stock_days and (today + product.in_stock_days * day).isoformat(),
        "custitem_ctg_sale_from": (today - 7 * day).isoformat() if product.sku in catalogue.SALE_PRICES else None,
        "custitem_ctg_sale_to": (today + 14 * day).isoformat() if product.sku in catalogue.SALE_PRICES else None,
    }
    return {"custitem_ctg_perpetual": product.perpetual} | {
        name: value for name, value in given.items() if value is not None
    }


def _prices(product: catalogue.Product) -> Iterator[Price]:
    cents = Decimal("0.01")
    for currency, (symbol, digits) in catalogue.CURRENCIES.items():
        if not digits:
            continue
        yield "1", currency, 0, product.price
        yield from (("1", currency, units, price) for units, price in catalogue.QUANTITY_BREAKS.get(product.sku, ()))
        for level, share in _SHARES.items():
            yield level, currency, 0, (product.price * Decimal(share)).quantize(cents, ROUND_HALF_UP)
        yield "2", currency, 10, (product.price * Decimal("0.75")).quantize(cents, ROUND_HALF_UP)
        if symbol == "EUR" and product.sku in catalogue.SALE_PRICES:
            yield "6", currency, 0, catalogue.SALE_PRICES[product.sku]


def _shelves(product: catalogue.Product) -> dict[str, int]:
    """Say how many lie where."""
    if product.sku in catalogue.STOCK_CASE_LEVELS:
        return catalogue.STOCK_CASE_LEVELS[product.sku]
    if product.kind != "inventory":
        return {}
    return {location: catalogue.OTHER_SHELVES.get(location, catalogue.SHELF) for location in catalogue.LOCATIONS}
