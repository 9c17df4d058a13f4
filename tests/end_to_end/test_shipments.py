"""From NetSuite's fulfilments back to the shop: states, tracking numbers, and the feed for the merchant's job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from sandbox.shop.orders import variety

if TYPE_CHECKING:
    from sandbox.shop.model import Order
    from tests.end_to_end.stack import Stack


def office(stack: Stack, errand: str, **document: Any) -> Any:
    """Let someone in NetSuite's office do something."""
    base = stack.endpoints["netsuite"]["base_url"]
    answer = requests.post(f"{base}/sandbox/office/{errand}", json=document, timeout=30)
    assert answer.ok, answer.text
    return answer.json()


def import_shipments() -> None:
    """Let the shop's job read the shipment feeds, as Business Manager would schedule it."""
    from cartage.systems.sfcc.hook import SfccHook

    hook = SfccHook("sfcc_api")
    started = hook.data("POST", "/jobs/cartage-import-shipments/executions", body={})
    path = f"/jobs/cartage-import-shipments/executions/{started['id']}"
    while hook.data("GET", path)["execution_status"] not in {"finished", "aborted"}:
        pass


def shown(stack: Stack, order: Order) -> dict[str, Any]:
    return stack.shop_order(order.order_no, order.site)


def shipments_of(stack: Stack, order: Order) -> dict[str, tuple[str, str | None]]:
    """Give state and tracking number of an order's shipments, as the shop's customer sees them."""
    found = shown(stack, order)["shipments"]
    return {each["shipmentId"]: (each["shippingStatus"], each.get("trackingNumber")) for each in found}


def test_shipments_and_parts_of_them_reach_the_shop(stack: Stack) -> None:
    several, single = variety("several_shipments", 1, site="RefArch"), variety("several_lines", 1, site="RefArch")
    stack.deliver("RefArch", [several, single])
    assert stack.run()["created"] == 2
    first, *others = (each.shipment_id for each in several.shipments)
    office(stack, "fulfil", order_no=several.order_no, shipment_id=first, tracking=["T-1"], carrier="UPS")
    one, *rest = ({"line_id": f"p{each.position}-{each.sku}", "quantity": str(each.quantity)} for each in single.lines)
    office(stack, "fulfil", order_no=single.order_no, lines=[one], tracking=["P-1"], carrier="UPS")

    counts = stack.run("shipments")
    assert counts["updated"] + counts["created"] == counts["extracted"] == 2, stack.reasons("shipments")
    import_shipments()
    assert shown(stack, several)["shippingStatus"] == "part_shipped"
    assert shipments_of(stack, several)[first] == ("shipped", "T-1")
    assert shown(stack, single)["shippingStatus"] == "part_shipped"
    assert {status for status, _ in shipments_of(stack, single).values()} == {"not_shipped"}

    for number, shipment in enumerate(others, start=2):
        office(
            stack, "fulfil", order_no=several.order_no, shipment_id=shipment, tracking=[f"T-{number}"], carrier="UPS"
        )
    office(stack, "fulfil", order_no=single.order_no, lines=rest, tracking=["P-2"], carrier="UPS")
    stack.run("shipments")
    import_shipments()
    assert shown(stack, several)["shippingStatus"] == "shipped"
    assert [tracking for _, tracking in shipments_of(stack, several).values()] == ["T-1", "T-2", "T-3"]
    assert shown(stack, single)["shippingStatus"] == "shipped"
    assert list(shipments_of(stack, single).values()) == [("shipped", "P-1")]
    assert shown(stack, single)["c_trackingNumbers"] == ["P-1", "P-2"]
    again = stack.run("shipments")
    assert again["unchanged"] == again["extracted"], "what the shop knows is not told again"
