"""What the account holds from the start: the shop's catalogue, and what people and earlier connectors left."""

from __future__ import annotations

import calendar
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox import catalogue
from sandbox.netsuite import people
from sandbox.netsuite.seed_items import reference, seed_items
from sandbox.netsuite.store import Record

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

_COUNTRIES = {"1": "DE", "2": "US"}
_NAMED = {"classification": catalogue.CLASSES, "pricingGroup": catalogue.PRICE_GROUPS,
          "paymentMethod": catalogue.PAYMENT_METHODS}  # fmt: skip
_RATES = {"EUR": "1", "USD": "0.92", "GBP": "1.17", "JPY": "0.0061"}


def seed(account: Account) -> None:
    """Fill an empty account; one that was filled before is left as it is."""
    if account.store.query("SELECT 1 FROM record LIMIT 1"):
        return
    with account.store.transaction():
        _lists(account)
        _periods(account)
        seed_items(account, dt.datetime.now(dt.UTC).date())
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


def _lists(account: Account) -> None:
    for id_, (symbol, digits) in catalogue.CURRENCIES.items():
        _add(account, "currency", id_, {"name": symbol, "symbol": symbol, "currencyPrecision": digits,
             "exchangeRate": Decimal(_RATES.get(symbol, "1")), "isBaseCurrency": symbol == "EUR"})  # fmt: skip
    currencies = {symbol: id_ for id_, (symbol, _) in catalogue.CURRENCIES.items()}
    for id_, (name, symbol) in catalogue.SUBSIDIARIES.items():
        country = _COUNTRIES.get(id_, "DE")
        _add(account, "subsidiary", id_, {"name": name, "fullName": name, "country": {"id": country, "refName": country},
             "currency": reference(account, "currency", currencies[symbol]), "isElimination": False})  # fmt: skip
    for id_ in catalogue.LOCATIONS:
        _location(account, id_)
    _choices(account)


def _choices(account: Account) -> None:
    """Write the lists that other records choose from."""
    for method, (id_, price) in catalogue.SHIPPING_METHODS.items():
        _add(account, "shipItem", id_, {"itemId": method, "displayName": method, "shippingFlatRateAmount": price})
    for record_type, names in _NAMED.items():
        for id_, name in names.items():
            _add(account, record_type, id_, {"name": name})
    for id_, name in catalogue.CARRIERS.items():
        _add(account, "shipItem", id_, {"itemId": name, "displayName": name})
    for id_, name in catalogue.PRICE_LEVELS.items():
        _add(account, "priceLevel", id_, {"name": name, "isOnline": name == "Online Price"})
    for id_, name in catalogue.ACCOUNTS.items():
        kind = {"id": "Bank", "refName": "Bank"}
        _add(account, "account", id_, {"acctName": name, "acctNumber": f"1{id_}", "acctType": kind})
    for id_, name in catalogue.TAX_CODES.items():
        _add(account, "salesTaxItem", id_, {"name": name, "itemId": name, "taxType": "VAT"})
    account.store.lay("taxtype", 1, [{"id": 1, "name": "VAT", "isinactive": False}])


def _location(account: Account, id_: str) -> None:
    name, subsidiary = catalogue.LOCATIONS[id_]
    more = catalogue.LOCATION_DETAILS[id_]
    street, city, postal_code, state, country, phone = more.address
    body: dict[str, Any] = {
        "name": name, "fullName": name, "makeInventoryAvailable": True, "makeInventoryAvailableStore": more.kind == "1",
        "locationType": {"id": more.kind, "refName": "Store" if more.kind == "1" else "Warehouse"},
        "subsidiary": [reference(account, "subsidiary", subsidiary)], "latitude": more.latitude, "longitude": more.longitude,
        "mainAddress": {"addressee": name, "addr1": street, "city": city, "zip": postal_code, "state": state,
                        "country": {"id": country, "refName": country}, "addrPhone": phone},
    }  # fmt: skip
    if more.buffer:
        body["bufferStock"] = more.buffer
    _add(account, "location", id_, body)


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


def _people(account: Account) -> None:
    today = dt.datetime.now(dt.UTC)
    for each in people.SEED_CUSTOMERS:
        body: dict[str, Any] = {
            "email": each.email, "subsidiary": reference(account, "subsidiary", each.subsidiary),
            "isPerson": each.company_name is None, "entityId": f"CUST{each.id}", "isInactive": each.inactive,
            "currency": reference(account, "currency", each.currencies[0]),
            "currencyList": [{"currency": reference(account, "currency", id_)} for id_ in each.currencies],
        }  # fmt: skip
        names = {"firstName": each.first_name, "lastName": each.last_name, "companyName": each.company_name,
                 "custentity_ctg_customer_no": each.customer_no}  # fmt: skip
        body |= {name: value for name, value in names.items() if value is not None}
        if each.price_level:
            body["priceLevel"] = reference(account, "priceLevel", each.price_level)
        body |= _own_prices(account, each)
        changed = (today - dt.timedelta(days=each.modified_days_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
        _add(account, "customer", each.id, body, created=changed, modified=changed)
    for contact in people.SEED_CONTACTS:
        _add(account, "contact", contact.id, {
            "email": contact.email, "firstName": contact.first_name, "lastName": contact.last_name,
            "company": reference(account, "customer", contact.company),
        })  # fmt: skip


def _own_prices(account: Account, customer: people.SeedCustomer) -> dict[str, Any]:
    """Give a customer's sublists of prices."""
    items = []
    for sku, currency, level, price in customer.item_prices:
        found = account.store.point("item", "name", sku)
        assert found is not None, sku
        line = {"item": {"id": str(found[0]), "refName": sku}, "currency": reference(account, "currency", currency),
                "level": reference(account, "priceLevel", level)}  # fmt: skip
        items.append(line if price is None else line | {"price": price})
    groups = [{"group": reference(account, "pricingGroup", group), "level": reference(account, "priceLevel", level)}
              for group, level in customer.group_levels]  # fmt: skip
    return {name: lines for name, lines in (("itemPricing", items), ("groupPricing", groups)) if lines}


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
            "entity": reference(account, "customer", order.customer), "currency": reference(account, "currency", order.currency),
            "subsidiary": reference(account, "subsidiary", site.subsidiary), "location": reference(account, "location", site.location),
            "otherRefNum": order.other_ref_num, "orderStatus": {"id": "B", "refName": "B"}, "item": lines, "~lastitem": len(lines),
            "shipMethod": reference(account, "shipItem", method), "shippingCost": order.shipping_cost,
        })  # fmt: skip


def _start_sequences(account: Account) -> None:
    """New records are numbered past what was set up."""
    starts = {"entity": 10001, "item": 2001, "transaction": 20001, "customerSubsidiaryRelationship": 5001, "location": 101,
              "entityid": 10001}  # fmt: skip
    for name, first in starts.items():
        account.store.query(
            "INSERT INTO sequence VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET next = excluded.next", name, first
        )
