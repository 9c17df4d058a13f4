"""Bad input, through the whole flow: each gets a clear error, and costs no other record.

Where a room's own tests go further than this one, the table names them.

======================================= ===========================================================================
bad input                               tests
======================================= ===========================================================================
cut off in the middle, after a record   `test_orders.py` (every drop of `sandbox.shop.bad`); ``systems/sfcc/test_drops``
foreign root, namespace; empty; no XML  the same
wrong encoding, DOCTYPE, entities       the same
gzip bomb                               `test_a_sound_drop_beside_a_gzip_bomb_and_a_growing_file`
a path that climbs out of its folder    ``systems/sfcc/test_drops``; ``sandbox/sfcc/test_sftp``; ``staging/test_area``
the same drop twice                     `test_the_same_drop_twice_is_read_and_nothing_is_written`
a file still being written              `test_a_sound_drop_beside_a_gzip_bomb_and_a_growing_file`
the same order twice in a file          `test_orders.py`; ``systems/netsuite/target/test_write``
a required field missing                `test_orders.py`; ``quality/test_shop_orders``
unknown sku, location, currency, method `test_orders.py`; ``systems/netsuite/orders/test_order_quarantine``
amounts that do not add up              `test_orders.py`; ``systems/netsuite/orders/test_order_money``
wrong mapping or settings file          `test_a_wrong_file_is_told_with_its_line`; ``settings``; ``mapping``
wrong credentials, unknown host key     `test_refusals.py`
401, 429, 500, 503, time-out, no JSON   `test_refusals.py`; ``systems/netsuite/transport``
a strange external id                   `test_strange_order_numbers_are_orders_of_their_own`
a closed period                         `test_refusals.py`; ``systems/netsuite/target/test_write``
two customers that match                `test_refusals.py`; ``systems/netsuite/target/test_customers``
an order changed by hand                `test_refusals.py`; ``systems/netsuite/target/test_changes``
======================================= ===========================================================================
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.shop.bad import bad_drop
from sandbox.shop.delivery import deliver, order_drop
from sandbox.shop.oracle import expect
from sandbox.shop.orders import NOW, variety
from tests.end_to_end.stack import ROOT

if TYPE_CHECKING:
    import pytest

    from tests.end_to_end.stack import Stack

HOUR = timedelta(hours=1)


def test_the_same_drop_twice_is_read_and_nothing_is_written(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    orders = [variety("plain", seed, site="RefArch") for seed in range(3)]
    stack.deliver("RefArch", orders)
    assert stack.run()["created"] == 3
    stack.control("netsuite", "POST", "/reset")
    first = order_drop("RefArch", orders, NOW).name
    for again, hours in enumerate((0, 1), start=2):  # under its own name, and under another
        caplog.clear()
        stack.deliver("RefArch", orders, NOW + hours * HOUR)
        counts = stack.run()
        assert counts["extracted"] == counts["unchanged"] == 3, hours
        assert stack.writes() == {}, hours
        assert len(list((stack.orders_folder / "archive").iterdir())) == again
        assert re.search(f"{order_drop('RefArch', orders, NOW + hours * HOUR).name} repeats .*{first}", caplog.text)


def test_a_sound_drop_beside_a_gzip_bomb_and_a_growing_file(stack: Stack) -> None:
    stack.setting("max_megabytes: 600", "max_megabytes: 20")
    bomb = bad_drop("gzip_bomb", at=NOW + 2 * HOUR)
    deliver(stack.home / "sandbox", [bomb])
    whole, growing = ([variety("plain", seed, site="RefArch")] for seed in (1, 2))
    drop = order_drop("RefArch", growing, NOW + HOUR)
    partial = stack.orders_folder / f"{drop.name}.tmp"
    partial.write_bytes(drop.content[:700])
    stack.deliver("RefArch", whole)
    counts = stack.run()
    assert counts["extracted"] == counts["created"] == 1, "the sound one"
    reason = stack.orders_folder / "rejected" / f"{bomb.name}.reason.txt"
    assert "max_megabytes" in reason.read_text()
    partial.write_bytes(drop.content)
    partial.rename(stack.orders_folder / drop.name)
    assert stack.run()["created"] == 1, "what was still being written is read by the next run"


def test_strange_order_numbers_are_orders_of_their_own(stack: Stack) -> None:
    numbers = ["A B/1", "a b/1", "A_B-1", "Ä&<1>", "00017", "x" * 50]
    orders = [variety("card_captured", seed, site="RefArch", number=number) for seed, number in enumerate(numbers)]
    stack.deliver("RefArch", orders)
    counts = stack.run()
    assert counts["created"] == len(numbers), stack.reasons()
    landed = [each for each in stack.sales_orders() if (each["externalid"] or "").startswith("sfcc")]
    assert len({each["externalid"].lower() for each in landed}) == len(numbers)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,100}", each["externalid"]) for each in landed)
    for order in orders:
        assert stack.landed(order.order_no) == (expect(order).due, expect(order).captured), order.order_no
    stack.control("netsuite", "POST", "/reset")
    stack.deliver("RefArch", orders, NOW + HOUR)
    assert stack.run()["unchanged"] == len(numbers)
    assert stack.writes() == {}


WRONG_FILES = {
    "an unknown key": ("integrations/sfcc_netsuite.yaml", "tolerance:", "tolerence:", "tolerence"),
    "a wrong type": ("integrations/sfcc_netsuite.yaml", "overlap_minutes: 60", "overlap_minutes: an hour", "overlap_minutes"),
    "a missing column": ("mappings/netsuite/order.yaml", "from: order_no,", "from: order_nr,", "order_nr"),
    "an unknown rule": ("mappings/netsuite/order.yaml", "over: warn}", "ovver: warn}", "ovver"),
}  # fmt: skip
"""By name: file, what stands there, what is written instead, what the error must name."""


def test_a_wrong_file_is_told_with_its_line(stack: Stack, capfd: pytest.CaptureFixture[str]) -> None:
    stack.deliver("RefArch", [variety("plain", 1, site="RefArch")])
    for name, (file, old, new, named) in WRONG_FILES.items():
        path = stack.include / file
        text = path.read_text(encoding="utf-8")
        assert old in text, name
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        line = text[: text.index(old)].count("\n") + 1
        capfd.readouterr()
        state, counts = stack.try_run()
        said = capfd.readouterr().out
        assert state == "failed", name
        assert f"{file}:{line}: " in said, name
        assert named in said, name
        assert "action=fail" in said, f"{name}: no retry mends a wrong file"
        assert counts.get("unaccounted", 0) == 0, name
        assert stack.writes() == {}, name
        path.write_text(text, encoding="utf-8")
    assert stack.run()["created"] == 1, "once all are mended, the same drop goes through"


def test_a_wrong_deploy_setting_is_an_import_error_with_its_line(stack: Stack) -> None:
    from airflow.dag_processing.dagbag import DagBag

    stack.setting('    schedule: "*/15 * * * *"', '    shedule: "*/15 * * * *"')
    bag = DagBag(str(ROOT / "dags"))
    (said,) = {each.strip().splitlines()[-1] for each in bag.import_errors.values()}
    assert re.search(r"integrations/sfcc_netsuite\.yaml:\d+: .*shedule", said)
