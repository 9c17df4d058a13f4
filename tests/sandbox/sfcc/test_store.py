"""The shop's order table, where a client of SCAPI cannot see it whole."""

from __future__ import annotations

from random import Random
from threading import Thread
from typing import TYPE_CHECKING

from sandbox.sfcc.store import ShopStore
from sandbox.shop.orders import newer, random_orders, variety

if TYPE_CHECKING:
    from pathlib import Path


def test_a_new_version_keeps_what_the_erp_said(tmp_path: Path) -> None:
    store = ShopStore(tmp_path)
    order = variety("several_lines", 0, site="RefArch")
    store.put([order])
    store.change("RefArch", order.order_no, {"c_erpOrderNo": "SO1", "externalOrderStatus": "B"})

    store.put([newer(order, "cancelled", Random(0))])

    document = store.get("RefArch", order.order_no)
    assert document
    assert (document["status"], document["c_erpOrderNo"], document["externalOrderStatus"]) == ("cancelled", "SO1", "B")
    assert store.count() == 1
    store.close()


def test_changes_in_the_same_instant_move_the_modification_time_on(tmp_path: Path) -> None:
    store = ShopStore(tmp_path)
    order = variety("plain", 0, site="RefArch")
    store.put([order])

    times = []
    for index in range(20):
        store.change("RefArch", order.order_no, {"c_step": str(index)})
        times.append((store.get("RefArch", order.order_no) or {})["lastModified"])

    assert times == sorted(set(times))
    store.close()


def test_a_server_and_a_command_write_side_by_side(tmp_path: Path) -> None:
    server, command = ShopStore(tmp_path), ShopStore(tmp_path)
    orders = list(random_orders(60, seed=9, site="RefArch"))
    server.put(orders[:30])

    def mark() -> None:
        for order in orders[:30]:
            assert server.change("RefArch", order.order_no, {"exportStatus": "exported"})

    marking = Thread(target=mark)
    marking.start()
    for order in orders[30:]:
        command.put([order])
    marking.join()

    assert command.count("RefArch") == 60
    assert all((command.get("RefArch", each.order_no) or {})["exportStatus"] == "exported" for each in orders[:30])
    server.close()
    command.close()
