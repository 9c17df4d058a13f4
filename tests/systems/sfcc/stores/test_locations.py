"""NetSuite's locations become the shop's stores and lists; what has no home is reported, not dropped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from cartage.records.outcome import Outcome
from cartage.settings.feeds import FeedImport
from tests.systems.netsuite.shipments.warehouse import RECORDS, Warehouse

if TYPE_CHECKING:
    from tests.systems.sfcc.stores.conftest import Places

XSD = Path(__file__).resolve().parents[4].parent / "shared" / "contracts" / "sfcc" / "xsd"


def test_locations_become_stores_with_lists_of_their_own(places: Places) -> None:
    told = places.tell()
    assert {told[each].outcome for each in ("1", "2", "3", "4", "5")} == {Outcome.CREATED}
    homeless = told["7"]
    assert homeless.outcome is Outcome.QUARANTINED
    (complaint,) = homeless.complaints
    assert complaint.code == "location_without_home"
    assert 'locations.left_out: [..., "7"]' in complaint.message

    assert [each for each in places.take_feeds() if each["severity"] != "DATAWARNING"] == []
    berlin = places.stores()["store-berlin"]
    assert (berlin["city"], berlin["country_code"], berlin["inventory_id"]) == ("Berlin", "DE", "store-berlin")
    assert (berlin["store_locator_enabled"], berlin["latitude"]) == (True, "52.5293")


def test_what_was_told_is_not_sent_again(places: Places) -> None:
    places.tell()
    places.take_feeds()
    assert {each.outcome for key, each in places.tell().items() if key in "12345"} == {Outcome.UNCHANGED}
    assert places.feeds("stores") == places.feeds("inventory") == []


def test_what_is_left_out_is_skipped_by_name_and_what_is_not_there_reported(places: Places) -> None:
    places.set(left_out=("7", "99"))
    told = places.tell()
    assert told["7"].outcome is Outcome.SKIPPED
    assert told["7"].complaints[0].code == "left_out"
    assert told["99"].outcome is Outcome.QUARANTINED
    assert "locations.left_out" in told["99"].complaints[0].message
    assert places.tell("2").keys() == {"2"}  # a person asks for one only


def test_the_store_of_an_inactive_location_is_taken_offline(places: Places) -> None:
    places.tell()
    places.take_feeds()
    token = json.loads((Path(places.shop.endpoints.home) / "netsuite-credentials.json").read_text())["admin_token"]
    assert places.shop.endpoints.netsuite is not None
    erp = Warehouse(places.shop.endpoints.netsuite["base_url"], token)
    erp.call("PATCH", f"{RECORDS}/location/3", {"isInactive": True})
    try:
        places.set(inactive="skip")
        assert places.tell()["3"].outcome is Outcome.SKIPPED
        places.set(inactive="offline")
        assert places.tell()["3"].outcome is Outcome.UPDATED
        places.take_feeds()
        assert places.stores()["store-munich"]["store_locator_enabled"] is False
    finally:
        erp.call("PATCH", f"{RECORDS}/location/3", {"isInactive": False})
    assert places.tell()["3"].outcome is Outcome.UPDATED
    places.take_feeds()
    assert places.stores()["store-munich"]["store_locator_enabled"] is True


def test_what_the_shop_refuses_is_rejected_with_its_reason(places: Places) -> None:
    places.imported = FeedImport(
        trigger="job", job="cartage-import-stores", poll_seconds=0.05, logs=("/inbound/stores/error",)
    )
    places.shop.control(imports=[{"job": "cartage-import-stores", "refuse": True}])
    told = places.tell()
    assert (told["2"].outcome, told["1"].outcome) == (Outcome.REJECTED, Outcome.CREATED)  # the list of 1 came in
    assert "refused the whole feed" in told["2"].complaints[0].message
    assert places.tell()["2"].outcome is Outcome.CREATED


@pytest.mark.parametrize("there", [True, False])
def test_a_feed_that_the_shop_refuses_after_the_run_comes_to_light(places: Places, *, there: bool) -> None:
    places.imported = FeedImport(job="cartage-import-stores")
    assert places.tell()["2"].outcome is Outcome.CREATED
    if not there:  # our copy was swept away by age
        (copy,) = Path(places.staging.root.path).glob("landing/*/*/stores_*.xml")
        copy.unlink()
    places.shop.control(imports=[{"job": "cartage-import-stores", "refuse": True}])
    places.take_feeds()
    target = places.target()
    found = {each.external_ids[0]: each for each in target.overdue()}
    assert found["store-berlin"].type == "store"
    assert found["store-berlin"].complaints[0].code == "feed_refused"
    late = places.ledger.untell("sfcc_netsuite", "locations", "sfcc", found.values())
    assert "2" in {each.key for each in late}
    target.noted()
    assert list(places.target().overdue()) == []
    assert places.tell()["2"].outcome is Outcome.UPDATED  # it goes out again


@pytest.mark.skipif(not XSD.exists(), reason="the official schemas are not beside the repository")
@pytest.mark.parametrize(("kind", "schema"), [("stores", "store.xsd"), ("inventory", "inventory.xsd")])
def test_feeds_are_valid(places: Places, kind: str, schema: str) -> None:
    places.tell()
    (feed,) = places.feeds(kind)
    etree.XMLSchema(etree.parse(XSD / schema)).assertValid(etree.parse(feed))
