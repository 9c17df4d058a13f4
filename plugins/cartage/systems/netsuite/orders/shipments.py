"""Where things go: one sales order or several, addresses, locations of pick-up in store."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cartage.records.columns import ADDRESS_PARTS
from cartage.systems.netsuite import external_ids
from cartage.systems.netsuite.orders.columns import ADDRESS
from cartage.systems.netsuite.orders.model import MERCHANDISE, SalesLine, SalesOrder, ShopOrder, join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.settings import Orders, Site
    from cartage.systems.netsuite.orders.rows import Row


_PERSON = ("title", "first_name", "second_name", "last_name", "suffix")


def sales_orders(order: ShopOrder, lines: Sequence[SalesLine], settings: Orders, integration: str) -> list[SalesOrder]:
    """Part an order into its sales orders.

    One, as a rule. An order with several shipments becomes a sales order for each, its id suffixed with the
    shipment's, or one with an address for each line. Shipments that nothing goes with are left out.
    """
    used = _used_shipments(order, lines)
    number, site = order.columns["order_no"], order.columns["site"]
    if len(used) <= 1 or settings.addresses == "multi_ship_to":
        whole = SalesOrder(
            external_ids.sales_order(integration, site, number), used[0] if used else None, None, list(lines)
        )
        if len(used) > 1:
            _ship_to_each(whole, used)
        return [whole]
    parts = []
    for shipment in used:
        suffix = shipment["shipment_id"]
        own = [line for line in lines if line.shipment_id == suffix]
        external_id = external_ids.sales_order(integration, site, number, suffix)
        parts.append(SalesOrder(external_id, shipment, suffix, own))
    return parts


def _used_shipments(order: ShopOrder, lines: Sequence[SalesLine]) -> list[Row]:
    """Give the shipments that lines go with; what names none goes with the first."""
    known = {shipment["shipment_id"]: shipment for shipment in order.shipments}
    first = next(iter(known), None)
    for line in lines:
        if line.shipment_id is None:
            line.shipment_id = first
        elif line.shipment_id not in known:
            order.complain(
                "unknown_shipment",
                f"line {line.line_id} goes with shipment {line.shipment_id}, which the order does not have; "
                "have the shop export it again",
                "lines.shipment_id",
            )
    named = {line.shipment_id for line in lines}
    return [shipment for name, shipment in known.items() if name in named]


def _ship_to_each(whole: SalesOrder, shipments: Sequence[Row]) -> None:
    """Give each line the address and the method of its shipment."""
    whole.extra["multi_ship_to"] = True
    whole.shipment = None
    places = {shipment["shipment_id"]: shipment for shipment in shipments}
    for line in whole.lines:
        shipment = places[line.shipment_id] if line.shipment_id in places else shipments[0]
        line.extra["ship_to"] = address_label(shipment)
        line.extra["shipping_method"] = shipment["shipping_method"]


def address_label(shipment: Row) -> str:
    """Give the label by which a line finds its address in the customer's address book: city, street, name."""
    parts = (shipment[f"ship_{part}"] for part in ("city", "address1", "last_name"))
    return join(parts, 100) or f"Shipment {shipment['shipment_id']}"


def place_lines(order: ShopOrder, sales_order: SalesOrder, settings: Orders, site: Site) -> None:
    """Set locations: the store where lines are picked up in one, on the line or on the header."""
    stores: dict[str, None] = {}
    for line in sales_order.lines:
        if line.kind in MERCHANDISE and (store := _store(order, line, settings, site)) is not None:
            stores[store] = None
            location = site.stores.get(store)
            if location is None:
                order.complain(
                    "unknown_location",
                    f"no location is named for the pick-up store {store}; add it to "
                    f"settings.sites.{order.columns['site']}.stores",
                    "attributes.value",
                )
            elif settings.pickup.place == "line":
                line.extra["location"] = location
            else:
                sales_order.extra["location"] = location
    if settings.pickup.place == "header" and len(stores) > 1:
        order.complain(
            "several_stores",
            "lines are picked up in several stores, but settings.orders.pickup.place puts one location on the order; "
            "set it to `line`",
            "attributes.value",
        )
    if stores:
        sales_order.extra["pickup_store"] = join(stores, 300)


def _store(order: ShopOrder, line: SalesLine, settings: Orders, site: Site) -> str | None:
    """Find the store of a line: by the attribute on line, shipment or order, else by its inventory list."""
    named = settings.pickup.attribute
    if named and order.attributes:
        shipment = next((each for each in order.shipments if each["shipment_id"] == line.shipment_id), None)
        owners = [("line", line.columns["line"]), ("order", order.columns["order"])]
        if shipment is not None:
            owners.insert(1, ("shipment", shipment["shipment"]))
        for owner, row in owners:
            if value := order.attribute(owner, row, named):
                return value
    inventory_list: str | None = line.columns["inventory_list_id"]
    return inventory_list if inventory_list in site.stores else None


def put_address(into: Row, name: str, row: Row, prefix: str) -> None:
    """Write the address in a row's columns as NetSuite has it: the columns `ADDRESS`, `name` in front of each.

    The company stands above the person when there is one; suite and post box follow the street.
    """
    to, of = _address_columns(name, prefix)
    company, street_2 = row[of["company_name"]], _words(row[of["suite"]], row[of["postbox"]])
    person = _words(*[row[of[part]] for part in _PERSON])
    into[to["addressee"]] = company or person
    into[to["attention"]] = person if company else None
    into[to["addr1"]] = row[of["address1"]]
    into[to["addr2"]] = row[of["address2"]]
    into[to["addr3"]] = street_2
    into[to["city"]] = row[of["city"]]
    into[to["zip"]] = row[of["postal_code"]]
    into[to["state"]] = row[of["state_code"]]
    into[to["country"]] = row[of["country_code"]]
    into[to["phone"]] = row[of["phone"]]


@cache
def _address_columns(name: str, prefix: str) -> tuple[dict[str, str], dict[str, str]]:
    """Give the names of an address's columns, those to write and those to read, by part."""
    return {part: f"{name}{part}" for part in ADDRESS}, {part: f"{prefix}{part}" for part in ADDRESS_PARTS}


def _words(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None
