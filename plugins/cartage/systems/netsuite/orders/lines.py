"""The shop's lines as lines of a sales order: products, options, bundles, bonus lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.systems.netsuite.orders.amounts import ZERO
from cartage.systems.netsuite.orders.model import SalesLine, ShopOrder, join
from cartage.systems.netsuite.orders.taxes import taxes_before

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cartage.settings import Orders
    from cartage.systems.netsuite.orders.rows import Row

_WITHOUT_MONEY = "bundled"


def sales_lines(order: ShopOrder, settings: Orders) -> list[SalesLine]:
    """Make the lines of products, options, bundles, certificates and shipping, in the document's order.

    Every line has the shop's amounts before adjustments and its own adjustments; what stands above
    lines is shared out later. A line whose net amount cannot be known is complained of.
    """
    rows = {row["line"]: row for row in order.lines}
    lines = []
    for row in _in_order(order.lines):
        if row["kind"] == _WITHOUT_MONEY and settings.bundles == "kit":
            continue
        parent = rows.get(row["parent"])
        lines.append(_line(order, row, parent, settings))
    return lines


def _in_order(rows: list[Row]) -> list[Row]:
    """Put each line in front of its own options, members and shipping, whatever order the table has."""
    children: dict[int, list[Row]] = {}
    for row in rows:
        if row["parent"] is not None:
            children.setdefault(row["parent"], []).append(row)
    if not children:
        return rows
    known = {row["line"] for row in rows}
    found: list[Row] = []

    def put(row: Row) -> None:
        found.append(row)
        for child in children.get(row["line"], ()):
            put(child)

    for row in rows:
        if row["parent"] not in known:
            put(row)
    return found


def _line(order: ShopOrder, row: Row, parent: Row | None, settings: Orders) -> SalesLine:
    kind = row["kind"]
    adjustments = order.line_adjustments.get(row["line"], ())
    line = SalesLine(
        kind=kind,
        line_id=row["line_id"],
        item=_item(row, settings),
        columns=row,
        quantity=row["quantity"] if row["quantity"] is not None else (parent or row)["quantity"],
        shipment_id=row["shipment_id"] or (parent or row)["shipment_id"],
        promotions=[each["promotion_id"] for each in adjustments],
        coupons=[each["coupon_id"] for each in adjustments if each["coupon_id"]],
    )
    if kind == _WITHOUT_MONEY:
        line.extra["bundle_of"] = parent["line_id"] if parent else None
        return line
    if row["known_net"] is None:
        order.complain(
            "amount_missing",
            f"line {row['line_id']} has neither a net nor a gross amount; have the shop export it again",
            "lines.net",
        )
    line.net, line.tax = row["known_net"] or ZERO, row["known_tax"]
    line.off_net, line.off_tax = row["own_net"], row["own_tax"]
    line.taxes = taxes_before(order, row, parent)
    if kind == "option":
        line.extra["option_of"] = parent["line_id"] if parent else None
        line.extra["option"] = f"{row['option_id']}: {row['value_id']}"
    return line


def _item(row: Row, settings: Orders) -> str | None:
    kind = row["kind"]
    if kind in ("shipping", "product_shipping"):
        return settings.items.shipping
    if kind == "gift_certificate":
        return settings.items.gift_certificate
    item: str | None = row["product_id"]
    return item


def fold_options(lines: Iterable[SalesLine]) -> list[SalesLine]:
    """Take options off the order as lines: their money goes into the product's line, their words into its memo."""
    kept: list[SalesLine] = []
    owners: dict[int, SalesLine] = {}
    for line in lines:
        if line.kind != "option":
            kept.append(line)
            owners[line.columns["line"]] = line
            continue
        owner = owners.get(line.columns["parent"])
        if owner is None:  # an option whose product the document does not name stays a line
            kept.append(line)
            continue
        _fold(owner, line)
    return kept


def _fold(owner: SalesLine, option: SalesLine) -> None:
    owner.net += option.net
    owner.tax += option.tax
    owner.off_net += option.off_net
    owner.off_tax += option.off_tax
    owner.taxes = [*owner.taxes, *option.taxes]
    owner.promotions += option.promotions
    owner.coupons += option.coupons
    words = [owner.extra.get("option"), f"{option.extra['option']} ({option.item})"]
    owner.extra["option"] = join(words, 300)


def mark_bonus(order: ShopOrder, lines: Iterable[SalesLine], settings: Orders) -> None:
    """Mark what the customer got for nothing: a product whose price after adjustments is zero, or one so named.

    SFCC exports no flag for it (`discount` stands only on adjustments of custom code).
    """
    named = settings.bonus.attribute
    for line in lines:
        if line.kind != "product":
            continue
        given_away = line.net > 0 and line.after == 0
        if given_away or (named and _is_true(order.attribute("line", line.columns["line"], named))):
            line.extra["bonus"] = True


def _is_true(value: str | None) -> bool:
    return value is not None and value.strip().lower() in ("true", "1", "yes")
