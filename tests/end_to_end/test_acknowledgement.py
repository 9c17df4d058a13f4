"""What the shop learns of its orders, by REST and by a file, and what happens when it cannot be told."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lxml import etree

from sandbox.shop.delivery import deliver, order_drop
from sandbox.shop.orders import NOW, variety
from tests.end_to_end.stack import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.stack import Stack

HOUR = timedelta(hours=1)
NAMESPACE = "{http://www.demandware.com/xml/impex/order/2006-10-31}"
SCHEMA = ROOT.parent / "shared" / "contracts" / "sfcc" / "xsd" / "order.xsd"


def numbers(stack: Stack) -> dict[str, str]:
    """Give NetSuite's number of every order, by the shop's number."""
    return {each["otherrefnum"]: each["tranid"] for each in stack.sales_orders()}


def shop_requests(stack: Stack, *methods: str) -> int:
    """Give how many requests about single orders the shop got since it was asked to forget."""
    counted = stack.control("sfcc", "GET")["requests"]
    return sum(count for name, count in counted.items() if name.split()[0] in methods and "/orders/" in name)


def test_a_shop_that_cannot_be_told_is_told_by_the_next_run(stack: Stack) -> None:
    sites = ("RefArch", "RefArchUS")
    orders = [variety("plain", seed, site=sites[seed % 2]) for seed in range(6)]
    unknown = variety("plain", 9, site="RefArch")
    stack.deliver("RefArchUS", orders[1::2])
    here = order_drop("RefArch", [*orders[::2], unknown], NOW)
    deliver(stack.home / "sandbox", [replace(here, orders=tuple(orders[::2]))])  # the shop has lost one
    down = {"match": "PATCH *", "status": 503, "retry_after": 0, "times": 1000}
    stack.control("sfcc", "POST", json={"faults": [down]})

    state, counts = stack.try_run()
    assert state == "failed"
    assert (counts["created"], counts["unaccounted"]) == (7, 0), "the ledger has every outcome"
    (before,) = stack.ledger.runs.recent("sfcc_netsuite", "orders", limit=1)
    assert list(stack.orders_folder.glob("*.xml")), "drops stay until the shop was told"

    stack.control("sfcc", "DELETE")
    stack.control("netsuite", "POST", "/reset")
    counts = stack.run()
    assert counts["unchanged"] == counts["extracted"] == 7
    assert stack.writes() == {}
    (after,) = stack.ledger.runs.recent("sfcc_netsuite", "orders", limit=1)
    assert after.window.since == before.window.since, "the watermark did not pass what the shop was not told"
    assert not list(stack.orders_folder.glob("*.xml"))
    erp = numbers(stack)
    for order in orders:
        seen = stack.shop_order(order.order_no, order.site)
        assert (seen["exportStatus"], seen["externalOrderStatus"]) == ("exported", "created")
        assert seen["c_erpOrderNo"] == erp[order.order_no]

    stack.control("sfcc", "DELETE")
    again = order_drop("RefArchUS", orders[1::2], NOW + HOUR)
    deliver(stack.home / "sandbox", [replace(again, orders=())])
    assert stack.run()["unchanged"] == 3
    assert shop_requests(stack, "PUT", "PATCH") == 0, "what the shop knows it is not told again"


def test_an_acknowledgement_file_or_nothing(stack: Stack) -> None:
    stack.setting("acknowledge: scapi", "acknowledge: feed")
    here = [variety("plain", seed, site="RefArch") for seed in (1, 2, 3)]
    there = variety("plain", 4, site="RefArchUS")
    stack.deliver("RefArch", here)
    stack.deliver("RefArchUS", [there])
    folder = stack.home / "sandbox" / "sftp" / "inbound" / "acknowledgements"
    with watched(folder) as half:
        stack.run()
    assert half == [], "a file appears under its name only once it is whole"
    assert stack.shop_order(here[0].order_no, "RefArch")["exportStatus"] == "ready"
    (ours,) = folder.glob("RefArch_acknowledgements_*.xml")
    (theirs,) = folder.glob("RefArchUS_acknowledgements_*.xml")
    assert len(list(folder.iterdir())) == 2
    erp = numbers(stack)
    assert told(ours) == {each.order_no: ("EXPORTED", erp[each.order_no], "created") for each in here}
    assert told(theirs) == {there.order_no: ("EXPORTED", erp[there.order_no], "created")}

    stack.setting("acknowledge: feed", "acknowledge: none")
    order = variety("plain", 5, site="RefArch")
    stack.deliver("RefArch", [order], NOW + HOUR)
    stack.control("sfcc", "DELETE")
    assert stack.run()["created"] == 1
    assert shop_requests(stack, "PUT", "PATCH", "GET") == 0
    assert len(list(folder.iterdir())) == 2


def told(path: Path) -> dict[str, tuple[str | None, ...]]:
    """Read an acknowledgement file: status, number and word by order number."""
    document = etree.parse(path)
    if SCHEMA.exists():
        etree.XMLSchema(etree.parse(SCHEMA)).assertValid(document)
    names = ("status/export-status", "external-order-no", "external-order-status")
    paths = ["/".join(f"{NAMESPACE}{part}" for part in name.split("/")) for name in names]
    return {
        order.get("order-no"): tuple(order.findtext(path) for path in paths)
        for order in document.iterfind(f"{NAMESPACE}order")
    }


class watched:  # noqa: N801 (used as a verb)
    """Notes every file of a folder that is seen under its final name before it is whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._half: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> list[str]:
        self._thread.start()
        return self._half

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.001):
            for path in self._folder.glob("*.xml"):
                if not path.read_bytes().rstrip().endswith(b"</orders>"):
                    self._half.append(path.name)
