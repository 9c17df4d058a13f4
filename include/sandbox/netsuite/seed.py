"""What the account holds from the start: the shop's catalogue, and what people and earlier connectors left."""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox import catalogue
from sandbox.netsuite import people, stock
from sandbox.netsuite.store import Record, family

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

SHELF = Decimal(1000)
"""Units of each inventory item on each location's shelf."""

_COUNTRIES = {"1": "DE", "2": "US"}
_RATES = {"EUR": "1", "USD": "0.92", "GBP": "1.17", "JPY": "0.0061"}
_PRICE_LEVELS = {"-1": "Custom", "1": "Base Price", "2": "Wholesale", "3": "Employee"}
_KINDS = {"inventory": "inventoryItem", "kit": "kitItem", "non_inventory": "nonInventorySaleItem"}
_UNTAXED = ("gift-certificate", "gift-certificate-tender", "sales-tax")
_FIRST_ITEM = 1001
_FIRST_SPECIAL = 901


def seed(account: Account) -> None:
    """Fill an empty account; one that was filled before is left as it is."""
    if account.store.query("SELECT 1 FROM record LIMIT 1"):
        return
    with account.store.transaction():
        _lists(account)
        _periods(account)
        _items(account)
        _people(account)
        _orders(account)
        _start_sequences(account)
    account.control.forget_counts()


def _add(
    account: Account, record_type: str, id_: str, body: dict[str, Any], external_id: str | None = None, **more: Any
) -> Record:
    record = Record(record_type, int(id_), body, external_id, **more)
    account.insert(record)
    return record


def _reference(account: Account, record_type: str, id_: str) -> dict[str, str]:
    found = account.store.point(family(record_type), "id", id_)
    assert found is not None, f"{record_type} {id_}"
    return {"id": id_, "refName": found[2]}


def _lists(account: Account) -> None:
    for id_, (symbol, digits) in catalogue.CURRENCIES.items():
        _add(account, "currency", id_, {"name": symbol, "symbol": symbol, "currencyPrecision": digits,
             "exchangeRate": Decimal(_RATES.get(symbol, "1")), "isBaseCurrency": symbol == "EUR"})  # fmt: skip
    currencies = {symbol: id_ for id_, (symbol, _) in catalogue.CURRENCIES.items()}
    for id_, (name, symbol) in catalogue.SUBSIDIARIES.items():
        country = _COUNTRIES.get(id_, "DE")
        _add(account, "subsidiary", id_, {"name": name, "fullName": name, "country": {"id": country, "refName": country},
             "currency": _reference(account, "currency", currencies[symbol]), "isElimination": False})  # fmt: skip
    for id_, (name, subsidiary) in catalogue.LOCATIONS.items():
        _add(account, "location", id_, {"name": name, "fullName": name, "makeInventoryAvailable": True,
             "subsidiary": [_reference(account, "subsidiary", subsidiary)]})  # fmt: skip
    for method, (id_, price) in catalogue.SHIPPING_METHODS.items():
        _add(account, "shipItem", id_, {"itemId": method, "displayName": method, "shippingFlatRateAmount": price})
    for id_, name in _PRICE_LEVELS.items():
        _add(account, "priceLevel", id_, {"name": name, "isOnline": False})
    for id_, name in catalogue.ACCOUNTS.items():
        _add(
            account,
            "account",
            id_,
            {"acctName": name, "acctNumber": f"1{id_}", "acctType": {"id": "Bank", "refName": "Bank"}},
        )
    for id_, name in catalogue.TAX_CODES.items():
        _add(account, "salesTaxItem", id_, {"name": name, "itemId": name, "taxType": "VAT"})
    for id_, name in catalogue.PAYMENT_METHODS.items():
        _add(account, "paymentMethod", id_, {"name": name})
    account.store.lay("taxtype", 1, [{"id": 1, "name": "VAT", "isinactive": False}])


def _periods(account: Account) -> None:
    """A period a month, from two years back to the end of next year."""
    today = dt.datetime.now(dt.UTC).date()
    number = 0
    for year in range(today.year - 2, today.year + 2):
        for month in range(1, 13):
            number += 1
            first = dt.date(year, month, 1)
            last = first.replace(day=calendar.monthrange(year, month)[1])
            name = f"{calendar.month_abbr[month]} {year}"
            _add(account, "accountingPeriod", str(number), {
                "periodName": name, "startDate": first.isoformat(), "endDate": last.isoformat(),
                "closed": False,
            })  # fmt: skip


def show_closed_periods(account: Account) -> None:
    """Let SuiteQL's accountingperiod say which months are closed."""
    with account.store.transaction():
        account.store.query("UPDATE accountingperiod SET closed = 'F' WHERE closed = 'T'")
        for month in account.control.closed_periods:
            account.store.query("UPDATE accountingperiod SET closed = 'T' WHERE substr(startdate, 1, 7) = ?", month)


def _items(account: Account) -> None:
    base = _reference(account, "priceLevel", "1")
    pages = [
        _reference(account, "currency", id_) for id_, (symbol, _) in catalogue.CURRENCIES.items() if symbol != "JPY"
    ]
    ids: dict[str, str] = {}
    for number, product in enumerate(catalogue.PRODUCTS, start=_FIRST_ITEM):
        ids[product.sku] = str(number)
        body: dict[str, Any] = {
            "itemId": product.sku, "displayName": product.name, "salesDescription": product.name, "isTaxable": True,
            "isOnline": True, "manufacturer": product.brand, "isFulfillable": True,
            "price": [{"currencyPage": page, "priceLevel": base, "quantity": {"value": 0}, "price": product.price} for page in pages],
        }  # fmt: skip
        if product.sku.isdigit():
            body["upcCode"] = product.sku
        if product.members:
            body["member"] = [
                {"item": {"id": ids[sku], "refName": sku}, "quantity": Decimal(quantity)}
                for sku, quantity in product.members
            ]
        item = _add(account, _KINDS[product.kind], str(number), body, product.sku)
        if product.kind == "inventory":
            for location in catalogue.LOCATIONS:
                stock.set_level(account, item.id, location, SHELF)
    for number, (name, record_type) in enumerate(catalogue.SPECIAL_ITEMS.items(), start=_FIRST_SPECIAL):
        body = {"itemId": name, "displayName": name, "isTaxable": name not in _UNTAXED}
        if record_type == "discountItem":
            body["rate"] = "0"
        _add(account, record_type, str(number), body, name)


def _people(account: Account) -> None:
    today = dt.datetime.now(dt.UTC)
    for each in people.SEED_CUSTOMERS:
        body: dict[str, Any] = {
            "email": each.email, "subsidiary": _reference(account, "subsidiary", each.subsidiary),
            "isPerson": each.company_name is None, "entityId": f"CUST{each.id}", "isInactive": each.inactive,
            "currency": _reference(account, "currency", each.currencies[0]),
            "currencyList": [{"currency": _reference(account, "currency", id_)} for id_ in each.currencies],
        }  # fmt: skip
        names = {"firstName": each.first_name, "lastName": each.last_name, "companyName": each.company_name,
                 "custentity_ctg_customer_no": each.customer_no}  # fmt: skip
        body |= {name: value for name, value in names.items() if value is not None}
        changed = (today - dt.timedelta(days=each.modified_days_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
        _add(account, "customer", each.id, body, created=changed, modified=changed)
    for contact in people.SEED_CONTACTS:
        _add(account, "contact", contact.id, {
            "email": contact.email, "firstName": contact.first_name, "lastName": contact.last_name,
            "company": _reference(account, "customer", contact.company),
        })  # fmt: skip


def _orders(account: Account) -> None:
    """Write the orders of the earlier connector: no external id, the shop's number in otherRefNum."""
    sites = {site.site: site for site in catalogue.SITES}
    method = catalogue.SHIPPING_METHODS["STANDARD"][0]
    for number, order in enumerate(people.SEED_ORDERS, start=801):
        site = sites[order.site]
        lines = []
        for position, (sku, quantity, amount) in enumerate(order.lines, start=1):
            found = account.store.point("item", "name", sku)
            assert found is not None, sku
            lines.append({"line": position, "item": {"id": str(found[0]), "refName": sku}, "quantity": Decimal(quantity),
                          "amount": amount, "price": {"id": "-1", "refName": "Custom"}})  # fmt: skip
        _add(account, "salesOrder", str(number), {
            "entity": _reference(account, "customer", order.customer), "currency": _reference(account, "currency", order.currency),
            "subsidiary": _reference(account, "subsidiary", site.subsidiary), "location": _reference(account, "location", site.location),
            "otherRefNum": order.other_ref_num, "orderStatus": {"id": "B", "refName": "B"}, "item": lines, "~lastitem": len(lines),
            "shipMethod": _reference(account, "shipItem", method), "shippingCost": order.shipping_cost,
        })  # fmt: skip


def _start_sequences(account: Account) -> None:
    """New records are numbered past what was set up."""
    starts = {"entity": 10001, "item": 2001, "transaction": 20001, "customerSubsidiaryRelationship": 5001,
              "entityid": 10001}  # fmt: skip
    for name, first in starts.items():
        account.store.query(
            "INSERT INTO sequence VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET next = excluded.next", name, first
        )
