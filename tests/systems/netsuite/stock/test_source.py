"""Stock as NetSuite's sandbox has it: what a run reads after people sold, received, closed and mistyped."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from cartage.errors import RetryableError, SettingsError
from cartage.systems.netsuite.stock.source import StockSource
from cartage.windows import Selection, Window
from tests.systems.netsuite.stock.counting import available, column, only, under
from tests.systems.netsuite.stock.served import Remembered, settings_with

if TYPE_CHECKING:
    from cartage.records.batch import Batch
    from cartage.seams import Read
    from cartage.settings import Settings
    from tests.systems.netsuite.stock.served import Account

WEB = only(settings_with(), {"web": ["1"], "berlin": ["2"]}).model_copy(update={"erp_zone": "UTC"})


def read(
    account: Account,
    settings: Settings = WEB,
    *,
    keys: tuple[str, ...] = (),
    full: bool = False,
    told: tuple[str, ...] = (),
    since: datetime | None = None,
    concurrency: int = 1,
) -> list[Read]:
    source = StockSource(account.hook, settings, Remembered(*told), concurrency=concurrency)
    window = Window(since or datetime.now(UTC), datetime.now(UTC))
    return list(source.read(window, Selection(keys=keys, full=full)))


def one(reads: list[Read]) -> Batch:
    assert [each.verdicts for each in reads if each.verdicts] == []
    full = [each.batch for each in reads if len(each.batch)]
    assert len(full) == 1
    return full[0]


def states(reads: list[Read]) -> dict[str, tuple[str, int]]:
    found: dict[str, tuple[str, int]] = {}
    for each in reads:
        units = column(each.batch, "available")
        found |= {key: (state, int(units[key])) for key, state in column(each.batch, "state").items()}
    return found


def quarantined(reads: list[Read]) -> dict[str, str]:
    return {verdict.key: verdict.complaints[0].code for each in reads for verdict in each.verdicts}


def test_a_full_run_gives_every_item_of_every_list(account: Account) -> None:
    batch = one(read(account, full=True))
    units = available(batch)
    assert units["web/NL-1004"] == 1000
    assert units["web/SET-CAMP"] == 500  # one stove and two bottles each, a thousand of both
    assert units["web/NL-1100"] == 0  # never counted: its quantities are null and left out
    assert "web/NL-1102" not in units  # inactive, and the shop never heard of it
    assert column(batch, "perpetual")["berlin/TRAIL-GUIDE"]
    assert column(batch, "safety")["web/NL-1103"] == 2  # the item's field
    assert column(batch, "safety")["berlin/NL-1004"] == 2  # the location's record
    assert batch.root["stock"].to_pylist() == list(range(len(batch)))


def test_the_count_is_of_the_erps_clock_before_the_first_query(account: Account) -> None:
    before = account.hook.server_time()
    batch = one(read(account, keys=("NL-1004",)))
    assert before <= batch.root["counted_at"][0].as_py() <= account.hook.server_time()
    assert batch.root["version"][0].as_py() == batch.root["counted_at"][0].as_py().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class TestWhatChanged:
    """A run without full reads what is new since the watermark."""

    @pytest.fixture
    def quiet(self, account: Account) -> Any:
        """Let all that happened be long ago, and give what changes after that as the shop will see it."""
        quiet = WEB.model_copy(update={"overlap_minutes": 0})
        since = account.hook.server_time() + timedelta(seconds=1)

        def changed() -> dict[str, Decimal]:
            reads = read(account, quiet, since=since)
            return {key: units for each in reads for key, units in available(each.batch).items()}

        while account.hook.server_time() < since:
            pass
        return changed

    def test_a_receipt_brings_the_item_in_all_lists_and_its_kits(self, account: Account, quiet: Any) -> None:
        assert quiet() == {}
        account.errand("receive", item="NL-1008", location="1", count=30)
        found = quiet()
        assert {key: found[key] for key in ("web/NL-1008", "web/SET-CAMP")} == {"web/NL-1008": 30, "web/SET-CAMP": 30}
        # The kit's other member comes too: what is sold of it and not committed yet stands beside its own records.
        skus = ("NL-1008", "NL-1009", "SET-CAMP")
        assert found.keys() == {f"{name}/{sku}" for name in ("web", "berlin") for sku in skus}

    def test_an_order_that_commits_nothing_is_seen_all_the_same(self, account: Account, quiet: Any) -> None:
        account.order("A-1", {"L1": ("NL-1012", 2)}, orderStatus={"id": "A"})
        assert quiet() == {"web/NL-1012": 1000, "berlin/NL-1012": 1000}
        account.errand("approve", order_no="A-1")
        assert quiet()["web/NL-1012"] == 998

    def test_what_left_the_shelf_is_seen_where_the_shelf_is_sold(self, account: Account) -> None:
        """Shipping what was committed leaves what is available as it was, and stamps nothing."""
        account.order("A-2", {"L1": ("NL-1018", 2)}, custbody_ctg_order_no=None)
        since = account.hook.server_time() + timedelta(seconds=1)
        while account.hook.server_time() < since:
            pass
        order = account.endpoint.rows("SELECT id FROM transaction WHERE externalid = 't-A-2'")[0]["id"]
        account.errand("fulfil", order=order)
        settings = WEB.model_copy(update={"overlap_minutes": 0})
        assert read(account, settings, since=since) == []
        found = states(read(account, only(settings, {"web": ["1"]}, quantity="on_hand"), since=since))
        assert found == {"web/NL-1018": ("active", 998)}

    def test_an_item_made_inactive_goes_to_nothing_where_it_was_told(self, account: Account) -> None:
        account.errand("item", item="NL-1019", inactive=True)
        try:
            since = datetime.now(UTC) - timedelta(minutes=1)
            found = states(read(account, told=("web/NL-1019", "old/NL-1019"), since=since))
            assert {key: each for key, each in found.items() if "1019" in key} == {"web/NL-1019": ("inactive", 0)}
        finally:
            account.errand("item", item="NL-1019", inactive=False)

    @pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
    def test_in_any_zone_of_the_account(self, account: Account, zone: str) -> None:
        account.errand("receive", item="NL-1013", location="1", quantity=1)
        account.endpoint.control(time_zone=zone)
        since = datetime.now(UTC) - timedelta(seconds=30)
        for told in (zone, None):
            reads = read(account, only(WEB, {"web": ["1"]}).model_copy(update={"erp_zone": told}), since=since)
            assert "web/NL-1013" in states(reads)


class TestOrders:
    def test_lines_stand_beside_what_they_take(self, account: Account) -> None:
        account.order("O-1", {"L1": ("NL-1005", 3), "L2": ("SET-TRAIL", 2)})
        account.order("O-2", {"L1": ("NL-1005", 1)}, location=None)
        account.order("O-3", {"L1": ("NL-1005", 4)}, orderStatus={"id": "A"})
        found = under(one(read(account, keys=("NL-1005", "SET-TRAIL", "NL-1011"))), "order_lines", "order_no", "line_id",
                      "sku", "quantity", "committed")  # fmt: skip
        assert sorted(found["web/NL-1005"]) == [
            ("O-1", "L1", "NL-1005", 3, 3), ("O-2", "L1", "NL-1005", 1, 0), ("O-3", "L1", "NL-1005", 4, 0),
        ]  # fmt: skip
        assert found["web/SET-TRAIL"] == [("O-1", "L2", "SET-TRAIL", 2, 2)]
        assert found["web/NL-1011"] == [("O-1", "L2", "SET-TRAIL", 6, 6)]  # three socks in each set
        assert min(found["berlin/NL-1005"]) == ("O-1", "L1", "NL-1005", 0, 0)  # taken from the warehouse

    def test_what_was_shipped_stays_left_out_and_what_was_closed_takes_nothing(self, account: Account) -> None:
        account.order("O-4", {"L1": ("NL-1014", 5)})
        account.errand("fulfil", order_no="O-4", lines=[{"line_id": "L1", "quantity": 2}])

        def read_lines() -> list[tuple[Any, ...]]:
            batch = one(read(account, keys=("NL-1014",)))
            return under(batch, "order_lines", "quantity", "committed")["web/NL-1014"]

        assert read_lines() == [(5, 5)]
        account.errand("close", order_no="O-4")
        assert read_lines() == [(2, 2)]


class TestWhatIsNoMore:
    def test_it_goes_to_nothing(self, account: Account) -> None:
        told = ("web/NL-1102", "web/NEVER/WAS", "web/NL-9001", "berlin/NL-1004", "elsewhere/NL-1004", "web/MONOGRAM")
        account.errand("item", item="NL-9001", fields={"isOnline": False})
        for_shop = WEB.inventory.fields.model_copy(update={"for_shop": "isonline"})
        found = states(read(account, only(WEB, {"web": ["1"], "berlin": ["2"]}, fields=for_shop), full=True, told=told))
        assert found["web/NL-1102"] == ("inactive", 0)
        assert found["web/NEVER/WAS"] == ("gone", 0)
        assert found["web/NL-9001"] == ("unmapped", 0)  # for the shop no more
        assert found["web/MONOGRAM"] == ("unmapped", 0)  # a service is not counted anywhere
        assert found["berlin/NL-1004"] == ("active", 1000)
        assert "elsewhere/NL-1004" not in found

    def test_a_named_sku_that_is_gone(self, account: Account) -> None:
        assert states(read(account, keys=("GONE-1",), told=("web/GONE-1",))) == {"web/GONE-1": ("gone", 0)}
        assert states(read(account, keys=("GONE-1",))) == {}

    def test_a_kit_whose_member_is_hidden_is_sold_no_more(self, account: Account) -> None:
        account.errand("seed", items=1, locations=1)
        member = account.endpoint.rows("SELECT MAX(id) AS id FROM item WHERE itemid LIKE 'BULK-%'")[0]["id"]
        body = {"itemId": "KIT-X", "externalId": "KIT-X", "member": {"items": [
            {"item": {"id": member}, "quantity": 1}, {"item": {"externalId": "NL-1004"}, "quantity": 1}]}}  # fmt: skip
        with account.endpoint.admin as client:
            assert client.post("/record/v1/kitItem", json=body).status_code == 204
        account.errand("item", item=member, hide=True)
        batch = one(read(account, keys=("KIT-X",)))
        assert available(batch) == {"web/KIT-X": 0, "berlin/KIT-X": 0}
        assert (None, 1) in under(batch, "members", "sku", "needed")["web/KIT-X"]


class TestBadInput:
    def test_two_items_with_one_sku_are_set_aside(self, account: Account) -> None:
        for sku, code in (("NL-1001", "4000000000016"), ("NL-1002", "4000000000016"), ("NL-1003", "4000000000023")):
            account.errand("item", item=sku, fields={"upcCode": code})
        settings = WEB.model_copy(update={"orders": WEB.orders.model_copy(update={"sku_field": "upccode"})})
        reads = read(account, settings, full=True)
        assert quarantined(reads) == dict.fromkeys(("web/4000000000016", "berlin/4000000000016"), "duplicate_sku")
        assert states(reads)["web/4000000000023"] == ("active", 1000)
        rows = [row for each in reads for row in each.batch.root["stock"].to_pylist()]
        rows += [verdict.row for each in reads for verdict in each.verdicts]
        assert sorted(rows) == list(range(len(rows)))

    @pytest.mark.parametrize("fault", [{"lose_rows": 5}, {"repeat_rows": 5}])
    def test_a_page_that_lost_or_repeated_rows_is_read_again(self, account: Account, fault: dict[str, int]) -> None:
        expected = states(read(account, full=True))
        account.endpoint.control(
            faults=[{"match": "POST /query/v1/suiteql", "skip": at, "times": 1, **fault} for at in (2, 4)]
        )
        assert states(read(account, full=True)) == expected
        assert account.endpoint.counts()["faults_left"] == 0

    def test_a_page_that_always_loses_rows_is_tried_again_later(self, account: Account) -> None:
        account.endpoint.control(faults=[{"match": "POST /query/v1/suiteql", "times": 99, "skip": 2, "lose_rows": 2}])
        with pytest.raises(RetryableError, match="rows are missing"):
            read(account, full=True)

    def test_a_location_that_no_list_takes_is_reported_once(self, account: Account) -> None:
        everything = only(WEB, {"web": ["1", "2", "3", "4", "5"]})
        left_out = everything.locations.model_copy(update={"left_out": ("7",)})
        everything = everything.model_copy(update={"locations": left_out})
        notes: list[str] = []
        source = StockSource(account.hook, everything, Remembered(), notes=notes)
        for selection in (Selection(full=True), Selection(keys=("NL-1004",))):
            list(source.read(Window(None, datetime.now(UTC)), selection))
        (said,) = notes
        named = re.findall(r"(\d+) \(\d+ items\)", said.partition("takes it: ")[2])
        assert [each for each in named if int(each) < 100] == ["6"]  # other tests make more

    def test_a_list_of_a_location_that_is_not_there(self, account: Account) -> None:
        with pytest.raises(SettingsError, match=r"inventory.lists.web: NetSuite has no location 999"):
            read(account, only(WEB, {"web": ["999"]}), full=True)


def test_many_items_come_in_batches_and_side_by_side(account: Account) -> None:
    """Pages of a thousand rows, several requests at a time, and ties in an order that changes from page to page."""
    account.errand("seed", items=1500, locations=3)
    account.endpoint.control(shuffle_ties=True)
    places = [row["id"] for row in account.endpoint.rows("SELECT id FROM location WHERE name LIKE 'Bulk %'")]
    settings = only(WEB, {"bulk": places, "first": places[:1]}).model_copy(update={"batch_records": 2400})
    reads = read(account, settings, full=True, concurrency=3)
    found = {key: units for each in reads for key, units in available(each.batch).items() if "BULK" in key}
    wanted = account.endpoint.rows(
        "SELECT i.itemid, SUM(a.quantityavailable) AS units FROM item i JOIN aggregateitemlocation a ON a.item = i.id "
        f"WHERE i.itemid LIKE 'BULK-0000%' AND a.location IN ({', '.join(places)}) GROUP BY i.itemid"
    )
    assert wanted
    assert all(found[f"bulk/{row['itemid']}"] == Decimal(row["units"]) for row in wanted)
    assert len([key for key in found if key.startswith("bulk/")]) >= 1500
    assert len([each for each in reads if len(each.batch)]) == 2
    assert account.endpoint.counts()["peak_concurrency"] > 1
