"""What NetSuite knows of the names and ids that a batch needs: asked for once, in bulk, a call for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.records.batch import Batch
    from cartage.seams import References
    from cartage.settings import Settings
    from cartage.systems.netsuite.orders.model import ShopOrder
    from cartage.systems.netsuite.orders.rows import Row


@dataclass(frozen=True)
class Known:
    """Internal ids by name; ids that the settings name are checked, and stand for themselves.

    Attributes:
        items: by the shop's sku, or by the name that the settings give an item that is no product.
        shipping_methods: by the shop's shipping method.
        locations: by id, of sites and stores.
        currencies: by id, of sites.
        subsidiaries: by id, of sites.
        tax_codes: by id.
        accounts: by id, of deposits.
    """

    items: Mapping[str, str]
    shipping_methods: Mapping[str, str]
    locations: Mapping[str, str]
    currencies: Mapping[str, str]
    subsidiaries: Mapping[str, str]
    tax_codes: Mapping[str, str]
    accounts: Mapping[str, str]


def ask(batch: Batch, settings: Settings, references: References) -> Known:
    """Ask for everything that the orders of a batch may need."""
    rules = settings.orders
    found = _distinct(batch, "orders", "site")
    sites = [site for name, site in settings.sites.items() if name in found]
    return Known(
        items=references.find(
            "item", _distinct(batch, "lines", "product_id") | _some(rules.items.model_dump().values())
        ),
        shipping_methods=references.find("shipping_method", _distinct(batch, "shipments", "shipping_method")),
        locations=references.find(
            "location", _some(id_ for site in sites for id_ in (site.location, *site.stores.values()))
        ),
        currencies=references.find("currency", _some(id_ for site in sites for id_ in site.currencies.values())),
        subsidiaries=references.find("subsidiary", _some(site.subsidiary for site in sites)),
        tax_codes=references.find("tax_code", _some(rules.tax_codes.values() if rules.tax == "suitetax" else ())),
        accounts=references.find("account", _some(rule.account for rule in rules.payments.values())),
    )


def _distinct(batch: Batch, table: str, column: str) -> set[str]:
    return _some(batch.tables[table][column].unique().to_pylist())


def _some(values: object) -> set[str]:
    return {value for value in values if value}  # type: ignore[attr-defined]


def check_order(order: ShopOrder, row: Row, known: Known, settings: Settings) -> None:
    """Complain of everything in a sales order's row that NetSuite does not know."""
    site = f"settings.sites.{order.columns['site']}"
    _check_id(order, row["subsidiary_id"], known.subsidiaries, "subsidiary", f"{site}.subsidiary")
    _check_id(order, row["currency_id"], known.currencies, "currency", f"{site}.currencies")
    _check_id(order, row["location_id"], known.locations, "location", f"{site}.location and .stores")
    method = row["shipping_method"]
    _check_method(order, method, known)
    for line in row["lines"]:
        if line["item"] not in known.items:
            _unknown_item(order, line, settings)
        if line["ship_method"] != method:
            _check_method(order, line["ship_method"], known)
        if line["location_id"]:
            _check_id(order, line["location_id"], known.locations, "location", f"{site}.stores")
    for detail in row["tax_details"]:
        _check_id(order, detail["tax_code"], known.tax_codes, "tax_code", "settings.orders.tax_codes")


def check_deposit(order: ShopOrder, row: Row, known: Known) -> None:
    """Complain of a deposit's account that NetSuite does not know."""
    _check_id(order, row["account_id"], known.accounts, "account", "settings.orders.payments")


def _check_id(order: ShopOrder, id_: str | None, known: Mapping[str, str], kind: str, setting: str) -> None:
    if id_ is not None and id_ not in known:
        what = kind.replace("_", " ")
        order.complain(
            f"unknown_{kind}", f"NetSuite has no active {what} {id_}; correct it in {setting}", "orders.site"
        )


def _check_method(order: ShopOrder, method: str | None, known: Known) -> None:
    if method and method not in known.shipping_methods:
        order.complain(
            "unknown_shipping_method",
            f"NetSuite has no active shipping item for the method {method}; name one in settings.orders.shipping_methods",
            "shipments.shipping_method",
        )


def _unknown_item(order: ShopOrder, line: Row, settings: Settings) -> None:
    if line["item"] is None:
        return  # the line's own module has said what is missing
    of_shop = line["item"] == line["product_id"]
    where = "create or activate it there" if of_shop else "correct it in settings.orders.items"
    order.complain(
        "unknown_item",
        f"NetSuite has no active item whose {settings.orders.sku_field} is {line['item']}; {where}, then retry the order",
        "lines.product_id" if of_shop else "lines.kind",
    )
