"""Adjustments that stand above lines, shared out over them, and the ways a discount can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.systems.netsuite.orders.amounts import ZERO, split
from cartage.systems.netsuite.orders.model import MERCHANDISE, SHIPPING, SalesLine, SalesOrder, ShopOrder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.settings import Orders
    from cartage.systems.netsuite.orders.rows import Row


def share_out(order: ShopOrder, lines: Sequence[SalesLine]) -> None:
    """Share every adjustment of a total out over the lines it lowers.

    One after the other, those of a shipment before those of the order, each by the lines' prices after
    all that came before it: so the platform's own proration does it (`getProratedPrice`).
    """
    for adjustment in sorted(order.adjustments, key=lambda each: each["scope"] != "shipment"):
        targets = _targets(adjustment, lines)
        if not targets:
            order.complain(
                "adjustment_without_lines",
                f"the adjustment {adjustment['promotion_id']} stands under a total that has no lines; "
                "check the order in the shop",
                "adjustments.scope",
            )
            continue
        _share(order, adjustment, targets)


def _targets(adjustment: Row, lines: Sequence[SalesLine]) -> list[SalesLine]:
    of_shipping = adjustment["scope"] == "shipping" or "shipping" in (adjustment["total"] or "")
    kinds = SHIPPING if of_shipping else MERCHANDISE
    found = [line for line in lines if line.kind in kinds and line.kind != "bundled"]
    found.sort(key=lambda line: line.kind == "product_shipping")  # the shop counts shipments' costs before products'
    if adjustment["scope"] == "shipment":
        found = [line for line in found if line.shipment_id == adjustment["shipment_id"]]
    return found


def _share(order: ShopOrder, adjustment: Row, targets: Sequence[SalesLine]) -> None:
    """Share one adjustment out by price, in the shop's own terms; its tax only over lines that are taxed."""
    net, tax = adjustment["known_net"], adjustment["known_tax"]
    gross = order.columns["taxation"] == "gross"
    prices = [line.after + line.tax_after if gross else line.after for line in targets]
    taxed = [price if line.tax_after else ZERO for line, price in zip(targets, prices, strict=True)]
    taxes = split(tax, taxed if any(taxed) else prices, order.unit)
    if gross:
        nets = [share - part for share, part in zip(split(net + tax, prices, order.unit), taxes, strict=True)]
    else:
        nets = split(net, prices, order.unit)
    for line, off_net, off_tax in zip(targets, nets, taxes, strict=True):
        line.off_net += off_net
        line.off_tax += off_tax
        if off_net or off_tax:
            line.promotions.append(adjustment["promotion_id"])
            if adjustment["coupon_id"]:
                line.coupons.append(adjustment["coupon_id"])


def show(sales_order: SalesOrder, settings: Orders) -> None:
    """Set each line's amount, and put discounts where the setting has them.

    Shipping is always net of its discounts, and so is a line that an adjustment makes dearer: NetSuite has no
    discount on shipping, and none above zero.
    """
    lines: list[SalesLine] = []
    for line in sales_order.lines:
        lines.append(line)
        line.amount = line.after
        if settings.discounts == "netted" or line.kind not in MERCHANDISE or line.off_net >= 0:
            continue
        line.amount = line.net
        if settings.discounts == "item_line":
            lines.append(_discount_line(line, settings))
        else:
            sales_order.discount += line.off_net
    sales_order.lines = lines


def _discount_line(line: SalesLine, settings: Orders) -> SalesLine:
    """Make the discount line that follows an item. The item's own tax row is already that after discount."""
    discount = SalesLine("discount", f"{line.line_id}:discount", settings.items.discount, {}, net=line.off_net)
    discount.amount = line.off_net
    discount.shipment_id = line.shipment_id
    discount.promotions, discount.coupons = line.promotions, line.coupons
    return discount
