"""Orders by REST from the sandbox's shop, and the same orders by export."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from cartage.errors import BatchError, RetryableError
from cartage.records import order
from cartage.records.outcome import Outcome, Verdict
from cartage.settings.orders import Api
from cartage.systems.sfcc.acknowledging import FeedAcknowledger, ScapiAcknowledger
from cartage.systems.sfcc.api_source import ApiSource
from cartage.systems.sfcc.hook import SfccHook
from cartage.systems.sfcc.scapi_orders import OrderTables
from cartage.systems.sfcc.xml.reader import DocumentReader, Reading
from cartage.systems.sfcc.xml.tables import Numbers, Origin
from cartage.windows import Selection, Window
from sandbox.shop.order_json import order_json
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import random_orders

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cartage.mapping.source import SourceMapping
    from cartage.records.batch import Batch
    from sandbox.endpoints import Endpoints
    from tests.systems.sfcc.conftest import Ground

SITE = "RefArch"


@pytest.fixture
def control(shop: Endpoints) -> Iterator[str]:
    yield shop.sfcc["control"]
    requests.delete(shop.sfcc["control"], timeout=10)


@pytest.fixture
def hook(control: str) -> SfccHook:  # noqa: ARG001 - resets the shop afterwards
    return SfccHook("sfcc_api", sleep=lambda _: None)


def source(hook: SfccHook, *, page: int = 200, **changes: Any) -> ApiSource:
    return ApiSource(
        hook, sites=("RefArchUS", SITE), settings=Api(page_size=page), overlap_minutes=0, batch_records=1000, **changes
    )


def numbers(reads: Any) -> list[str]:
    return [number for read in reads for number in read.batch.root["order_no"].to_pylist()]


EVER = Window(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


def place(control: str, count: int, seed: int) -> list[str]:
    answer = requests.post(f"{control}/orders", json={"count": count, "site": SITE, "seed": seed}, timeout=60)
    answer.raise_for_status()
    return [str(each["order_no"]) for each in answer.json()["orders"]]


def test_all_orders_of_a_window_are_read_once_whatever_the_page(hook: SfccHook, control: str) -> None:
    placed = place(control, 23, seed=101)
    found = numbers(source(hook, page=7).read(EVER, Selection()))
    assert set(placed) <= set(found)
    assert len(found) == len(set(found))
    assert found == numbers(source(hook, page=200).read(EVER, Selection()))


def test_a_window_is_from_inclusive_until_exclusive(hook: SfccHook, control: str) -> None:
    place(control, 3, seed=102)
    time.sleep(0.01)  # SCAPI's moments have milliseconds
    place(control, 2, seed=107)
    reads = list(source(hook).read(EVER, Selection()))
    versions = sorted(version for read in reads for version in read.batch.root["version"].to_pylist())
    moment = datetime.fromisoformat(versions[-1])
    before = numbers(source(hook).read(Window(EVER.since, moment), Selection()))
    after = numbers(source(hook).read(Window(moment, EVER.until), Selection()))
    assert len(before) + len(after) == len(versions)
    assert not set(before) & set(after)
    assert before
    assert after


def test_orders_are_found_by_number(hook: SfccHook, control: str) -> None:
    wanted = place(control, 3, seed=103)[1]
    assert numbers(source(hook).read(EVER, Selection(keys=(wanted, "no-such-order")))) == [wanted]


def test_a_token_that_expired_is_renewed_once(hook: SfccHook, control: str) -> None:
    list(source(hook).read(EVER, Selection()))
    requests.post(f"{control}/tokens", json={"forget": True}, timeout=10).raise_for_status()
    list(source(hook).read(EVER, Selection()))


@pytest.mark.parametrize("status", [429, 503])
def test_load_that_passes_is_waited_for_as_long_as_the_shop_says(control: str, status: int) -> None:
    waited: list[float] = []
    patient = SfccHook("sfcc_api", sleep=waited.append)
    fault = {"match": "GET *", "status": status, "retry_after": 3, "times": 2}
    requests.post(control, json={"faults": [fault]}, timeout=10).raise_for_status()
    list(source(patient).read(EVER, Selection()))
    assert waited == [3.0, 3.0]


def test_load_that_does_not_pass_is_tried_again_later(hook: SfccHook, control: str) -> None:
    fault = {"match": "GET *", "status": 503, "retry_after": 40, "times": 50}
    requests.post(control, json={"faults": [fault]}, timeout=10).raise_for_status()
    with pytest.raises(RetryableError, match="503") as caught:
        list(source(hook).read(EVER, Selection()))
    assert caught.value.retry_after == 40


def test_a_file_is_not_waited_for_longer_than_an_answer(control: str) -> None:
    waited: list[float] = []
    fault = {"match": "GET /on/demandware.servlet/*", "status": 503, "retry_after": 3600, "times": 50}
    requests.post(control, json={"faults": [fault]}, timeout=10).raise_for_status()
    with pytest.raises(RetryableError, match="503") as caught:
        SfccHook("sfcc_api", sleep=waited.append).fetch("/Impex/log/x.log", io.BytesIO())
    assert (waited, caught.value.retry_after) == ([], 3600)


def test_a_wrong_secret_and_a_wrong_organization_stop_the_run(hook: SfccHook) -> None:
    hook._organization = "f_ecom_other"
    with pytest.raises(BatchError, match="organization"):
        list(source(hook).read(EVER, Selection()))
    other = SfccHook("sfcc_api")
    other._secret = "wrong"
    assert other.test_connection()[0] is False
    with pytest.raises(BatchError, match="client id, secret"):
        list(source(other).read(EVER, Selection()))


def test_the_test_button_works(hook: SfccHook) -> None:
    works, says = hook.test_connection()
    assert works, says
    assert "Name a site" in says
    hook._site = SITE
    assert hook.test_connection() == (True, f"Account Manager gave a token, and the shop answers for site {SITE}.")


@pytest.mark.parametrize("site", [None, SITE])
def test_the_test_button_tells_what_is_wrong(hook: SfccHook, control: str, site: str | None) -> None:
    def says(**wrong: str) -> str:
        tried = SfccHook("sfcc_api")
        for name, value in {"_site": site, **wrong}.items():
            setattr(tried, name, value)
        works, words = tried.test_connection()
        assert not works, words
        return words

    assert "does not answer" in says(_base="http://127.0.0.1:9")
    assert "correct Base URL" in says(_base=f"{hook._base}/elsewhere")
    assert "Organization Not Found" in says(_organization="f_ecom_other")
    assert "tenant" in says(_tenant="zzxy_009")
    assert "no site Nowhere" in says(_site="Nowhere")
    requests.post(
        control, json={"faults": [{"match": "GET *", "status": 503, "times": 1}]}, timeout=10
    ).raise_for_status()
    assert "later" in says()
    assert hook.test_connection()[0]


def verdict(number: str, outcome: Outcome, row: int = 0) -> Verdict:
    return Verdict(row, f"{SITE}/{number}", outcome, target_id=f"9{row}", target_number=f"SO{row}")


def document(hook: SfccHook, number: str) -> dict[str, Any]:
    return hook.order(number, SITE)


def test_the_shop_learns_of_orders_that_are_in_the_erp_and_of_no_other(hook: SfccHook, control: str) -> None:
    created, quarantined, unchanged = place(control, 3, seed=104)
    before = document(hook, quarantined)
    told = [
        verdict(created, Outcome.CREATED, 1),
        verdict("no-such-order", Outcome.CREATED, 2),
        verdict(quarantined, Outcome.QUARANTINED, 3),
        verdict(unchanged, Outcome.UNCHANGED, 4),
    ]
    for _ in range(2):
        ScapiAcknowledger(hook).acknowledge(told)
        now = document(hook, created)
        assert (now["exportStatus"], now["externalOrderStatus"], now["c_erpOrderNo"]) == ("exported", "created", "SO1")
        assert document(hook, unchanged)["c_erpOrderNo"] == "SO4"
    assert document(hook, quarantined) == before


def test_an_order_that_cannot_be_told_for_now_stops_no_other(hook: SfccHook, control: str) -> None:
    first, second = sorted(place(control, 2, seed=105))
    fault = {"match": f"PATCH */orders/{first}", "status": 503, "times": 4}
    requests.post(control, json={"faults": [fault]}, timeout=10).raise_for_status()
    told = [verdict(first, Outcome.CREATED, 1), verdict(second, Outcome.CREATED, 2)]
    with pytest.raises(RetryableError):
        ScapiAcknowledger(hook).acknowledge(told)
    assert document(hook, second)["exportStatus"] == "exported"
    ScapiAcknowledger(hook).acknowledge(told)
    assert document(hook, first)["exportStatus"] == "exported"


def test_an_acknowledgement_file_appears_whole_and_once(ground: Ground) -> None:
    folder = f"{ground.settings.folder}/acknowledgements"
    told = [
        verdict("00017", Outcome.CREATED, 1),
        verdict("00018", Outcome.REJECTED, 2),
        verdict("A&B", Outcome.UPDATED, 3),
    ]
    for _ in range(2):
        FeedAcknowledger(ground.server, folder).acknowledge(told)
    (name,) = ground.on_server(folder)
    assert name.startswith("RefArch_acknowledgements_")
    content = (ground.root / folder.lstrip("/") / name).read_text()
    assert '<order order-no="00017">' in content
    assert "<external-order-no>SO1</external-order-no>" in content
    assert "00018" not in content
    assert 'order-no="A&amp;B"' in content


NOT_TOLD = {
    "orders": {
        "drop", "position", "version", "original_order_no", "order_status", "channel_type", "replace_code",
        "replace_description", "replacement_order_no", "replaced_order_no", "current_order_no", "tax_rounded_at_group",
        "merchandize_net", "merchandize_gross", "shipping_net", "shipping_gross", "external_order_no",
    },
    "lines": {"unit", "tax_rate", "quantity", "text"},
    "shipments": {"merchandize_net", "merchandize_gross", "shipping_net", "shipping_gross"},
    "adjustments": {"discount_value", "discount_kind", "manual", "scope", "total"},
    "payments": {"processor_id", "transaction_type", "account_id", "account_type", "card_type", "certificate_id", "capture_id",
                 "bank", "method", "last_four", "kind"},
    "tax_items": set(),
}  # fmt: skip
"""Columns that SCAPI does not carry, or carries otherwise: see `scapi_orders`."""


def test_the_same_order_by_rest_and_by_export_says_the_same(order_mapping: SourceMapping, tmp_path: Path) -> None:
    orders = [each for each in random_orders(150, 77, site=SITE) if not each.bare and not _odd(each)]
    assert len(orders) > 60
    exported = io.BytesIO()
    write_orders(exported, orders)
    path = tmp_path / "orders.xml"
    path.write_bytes(exported.getvalue())
    (by_export,) = DocumentReader(order_mapping).read(
        path, Origin(SITE, None, "", 0, {}), Numbers.start("order"), Reading()
    )
    by_rest = OrderTables(Numbers.start("order"))
    for place_, each in enumerate(orders):
        by_rest.add(order_json(each), SITE, place_, "")
    compare(by_rest.batch(), by_export.batch)


def _odd(each: Any) -> bool:
    """Tell the few that SCAPI has no form for."""
    return any(shipment.totals.adjustments for shipment in each.shipments if hasattr(shipment.totals, "adjustments"))


def compare(rest: Batch, export: Batch) -> None:
    for table, ignored in NOT_TOLD.items():
        mine, theirs = rest.tables[table], export.tables[table]
        if table in ("tax_items", "adjustments"):
            continue
        assert mine.num_rows == theirs.num_rows, table
        for column in order.TABLES[table].names:
            if column in ignored:
                continue
            for ours, other in zip(mine[column].to_pylist(), theirs[column].to_pylist(), strict=True):
                assert (ours or None) == (other or None), (table, column)


def test_an_order_with_a_wrong_value_is_named_and_costs_no_other() -> None:
    from cartage.errors import RecordError

    tables = OrderTables(Numbers.start("order"))
    assert tables.add({"orderNo": "1", "orderTotal": Decimal("1.5"), "taxTotal": Decimal(0)}, SITE, 0, "") == 0
    with pytest.raises(RecordError, match=r"RefArch/2: orders\.placed_at") as caught:
        tables.add({"orderNo": "2", "placeDate": "yesterday"}, SITE, 1, "")
    assert "yesterday" not in str(caught.value)
    with pytest.raises(RecordError, match="order_no is missing"):
        tables.add({}, SITE, 2, "")
    assert tables.add({"orderNo": "4"}, SITE, 3, "") == 3
    assert tables.batch().root["order"].to_pylist() == [0, 3]


def test_overlap_reads_again_what_was_seen(hook: SfccHook, control: str) -> None:
    place(control, 2, seed=106)
    versions = [v for read in source(hook).read(EVER, Selection()) for v in read.batch.root["version"].to_pylist()]
    last = datetime.fromisoformat(max(versions)) + timedelta(minutes=5)
    window = Window(last, last + timedelta(minutes=1))
    assert numbers(source(hook).read(window, Selection())) == []
    overlapping = ApiSource(hook, sites=(SITE,), settings=Api(), overlap_minutes=60, batch_records=10)
    assert numbers(overlapping.read(window, Selection()))
