"""From NetSuite's shelves and price lists to the shop: only what changed, and never more than there is."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

from tests.end_to_end.test_shipments import office
from tests.webhooks import listening

if TYPE_CHECKING:
    import pytest

    from tests.end_to_end.stack import Stack

LIST = "RefArch-inventory"


def ats(sku: str) -> Decimal:
    """Give how many units of an item the shop can still sell, as its Data API says."""
    from cartage.systems.sfcc.hook import SfccHook

    found: dict[str, Any] = SfccHook("sfcc_api").data("GET", f"/inventory_lists/{LIST}/product_inventory_records/{sku}")
    return Decimal(str(found["ats"]))


def sell(stack: Stack, **quantities: int) -> bool:
    """Let a visitor of the shop buy, and say whether there was enough; ``NL_1000=2`` are two NL-1000."""
    lines = [{"sku": name.replace("_", "-"), "quantity": count} for name, count in quantities.items()]
    base = stack.endpoints["sfcc"]["control"]
    answer = requests.post(f"{base}/sell", json={"site": "RefArch", "lines": lines}, timeout=30)
    assert answer.status_code in (200, 409), answer.text
    return answer.status_code == 200


def changed(stack: Stack, flow: str) -> set[str]:
    """Give the keys that the newest run told the shop of."""
    return {key for key, each in stack.verdicts(flow).items() if each.outcome.value in ("created", "updated")}


def without_first_questions(stack: Stack) -> None:
    stack.setting("first_feed: true         # ask once before the very first feed of a list", "first_feed: false")
    stack.setting("      first_feed: true\n", "      first_feed: false\n")


def test_stock_falls_by_what_was_ordered_and_only_that_is_told(stack: Stack) -> None:
    without_first_questions(stack)
    # An order counts as possibly unseen for so long, and its units are the shop's own to count.
    for name in ("clock_skew_seconds", "index_lag_seconds"):
        stack.setting(f"{name}: 60", f"{name}: 0")
    first = stack.run("inventory")
    assert first["created"] > 100
    assert first["rejected"] == 5, "what the shop does not sell, in each list"
    before = {sku: ats(sku) for sku in ("NL-1000", "NL-1006")}
    assert sell(stack, NL_1000=2, NL_1006=1)
    assert (ats("NL-1000"), ats("NL-1006")) == (before["NL-1000"] - 2, before["NL-1006"] - 1), (
        "the shop counts its sales"
    )

    stack.control("sfcc", "POST", "/export", json={"site": "RefArch", "mark": False})
    assert stack.run()["created"] == 1
    stack.run("inventory")
    told = {key.partition("/")[2] for key in changed(stack, "inventory") if key.startswith(f"{LIST}/")}
    assert {"NL-1000", "NL-1006"} <= told <= {"NL-1000", "NL-1006", "SET-TRAIL"}, "and the kit that they are members of"
    assert (ats("NL-1000"), ats("NL-1006")) == (before["NL-1000"] - 2, before["NL-1006"] - 1), "told once, not twice"
    again = stack.run("inventory")
    assert (again["created"], again["updated"]) == (0, 0)

    office(stack, "receive", item="NL-1000", location="1", count=0)
    office(stack, "receive", item="NL-1000", location="6", count=0)
    stack.run("inventory")
    assert f"{LIST}/NL-1000" in changed(stack, "inventory"), "one item at nought is no cause to ask"
    assert ats("NL-1000") == 0
    assert not sell(stack, NL_1000=1)


def test_a_full_run_finds_and_repairs_what_somebody_changed_in_the_shop(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    without_first_questions(stack)
    stack.setting("webhook: null  ", "webhook: cartage_alerts  ")
    stack.setting("drifted_share: 0.01", "drifted_share: 0")
    first = stack.run("inventory")
    before = {sku: ats(sku) for sku in ("NL-1000", "NL-1006")}
    stack.control("sfcc", "POST", "/stock", json={"list": LIST, "sku": "NL-1000", "allocation": 1})
    export = {"match": "POST /s/-/dw/data/v23_2/jobs/sfcc-site-archive-export/*", "status": 503, "retry_after": 0}
    stack.control("sfcc", "POST", json={"faults": [export | {"times": 99}]})
    blind = stack.run("inventory", full=True)
    assert (blind["extracted"], blind["updated"]) == (first["extracted"], 0), "the run goes on without"
    assert "inventory lists of the shop could not be looked at, so this run finds no drift" in caplog.text
    assert "could not be looked at" in stack.ledger.runs.recent("sfcc_netsuite", "inventory")[0].findings[-1]
    stack.control("sfcc", "DELETE")
    with listening() as hooks:
        assert stack.run("inventory", full=True)["updated"] == 1
    unmapped, found = stack.ledger.runs.recent("sfcc_netsuite", "inventory")[0].findings
    assert "hold stock and no inventory list takes it" in unmapped
    assert found.startswith("drift: 1 records of inventory lists are not as the shop was told, for example ")
    (told,) = hooks.posted
    assert (told["kind"], told["facts"]["drifted"]) == ("drift", 1)
    assert changed(stack, "inventory") == {f"{LIST}/NL-1000"}
    (complaint,) = stack.verdicts("inventory")[f"{LIST}/NL-1000"].complaints
    assert complaint.code == "drift"
    assert "the shop has 1 as of " in complaint.message
    assert complaint.message.endswith(f" and was told {before['NL-1000']}, set there by somebody else")
    assert {sku: ats(sku) for sku in before} == before


def test_a_price_that_moves_too_far_waits_for_a_person(stack: Stack) -> None:
    without_first_questions(stack)
    assert stack.run("prices")["created"] > 100
    office(stack, "price", item="NL-1001", level="1", currency="EUR", price="79.00")
    office(stack, "price", item="NL-1002", level="1", currency="EUR", price="1.99")
    stack.run("prices")
    assert changed(stack, "prices") == {"eur-list/NL-1001"}
    held = stack.verdicts("prices")["eur-list/NL-1002"]
    assert (held.outcome.value, held.complaints[0].code) == ("held", "held_price_move")
    (proposal,) = stack.ledger.proposals.recent("sfcc_netsuite")
    stack.ledger.proposals.decide(proposal.id, "approved", by="a person")
    stack.run("prices", proposals=[proposal.id])
    assert changed(stack, "prices") == {"eur-list/NL-1002"}
    assert stack.ledger.proposals.get(proposal.id).state == "sent"
