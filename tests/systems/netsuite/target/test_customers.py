"""Customers: who is matched, who is made, and what is never changed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from cartage.ledger.journal import DocumentJournal
from cartage.records.outcome import Outcome
from sandbox.netsuite import people
from tests.systems.netsuite.target.shop import Order, customers

if TYPE_CHECKING:
    from cartage.seams import DocumentResult
    from tests.systems.netsuite.target.conftest import Desk


def entity(desk: Desk, order: Order) -> str:
    return str(desk.order(order)["entity"]["id"])


def test_a_customer_is_matched_by_number_then_by_mail(desk: Desk) -> None:
    by_number = Order("CA1", email="moved@new.example", customer_no=people.REGULAR_CUSTOMER_NO)
    by_mail = Order("CA2", email=people.EURO_ONLY_EMAIL.title(), guest=True)
    desk.write(by_number, by_mail)
    assert entity(desk, by_number) == "501"
    assert entity(desk, by_mail) == "507"
    assert "customer create" not in desk.erp.writes()


def test_blanks_are_filled_and_nothing_else_is_touched(desk: Desk) -> None:
    id_ = desk.erp.create("customer", {
        "isPerson": True, "firstName": "Old", "lastName": "Name", "email": "fill@known.example", "subsidiary": {"id": "1"},
        "comments": "pays late",
    })  # fmt: skip
    extra = {"customer": {"phone": "+49 40 111", "comments": "from the shop", "terms": {"id": "5"}}}
    order = Order("CB1", email="fill@known.example", customer_no="94001", first_name="New", extra=extra)
    assert desk.write(order)["CB1"].outcome is Outcome.CREATED
    there = desk.erp.get("customer", id_)
    assert there["phone"] == "+49 40 111"
    assert there["custentity_ctg_customer_no"] == "94001"
    assert (there["firstName"], there["comments"]) == ("Old", "pays late")
    assert "terms" not in there


def test_a_guest_changes_no_registered_customer(desk: Desk) -> None:
    before = desk.erp.get("customer", "501")
    order = Order("CC1", email=people.REGULAR_EMAIL, guest=True, extra={"customer": {"phone": "+49 1"}})
    desk.write(order)
    assert entity(desk, order) == "501"
    assert desk.erp.get("customer", "501") == before


def test_an_inactive_customer_is_not_matched(desk: Desk) -> None:
    order = Order("CD1", email=people.INACTIVE_EMAIL, customer_no="94002")
    desk.write(order)
    assert entity(desk, order) not in ("504", "")


def test_a_tie_goes_to_the_newest_activity_or_to_a_person(desk: Desk) -> None:
    order = Order("CE1", email=people.DUPLICATE_EMAIL, guest=True)
    desk.write(order)
    assert entity(desk, order) == "503"
    desk.set(customers={"ties": "quarantine"})
    verdict = desk.write(replace(order, number="CE2", email=people.DUPLICATE_EMAIL, guest=False, customer_no=None))[
        "CE2"
    ]
    assert verdict.outcome is Outcome.QUARANTINED
    assert verdict.complaints[0].code == "customer_tie"
    assert people.DUPLICATE_EMAIL not in verdict.complaints[0].message


def test_a_person_never_matches_a_company(desk: Desk) -> None:
    person = Order("CF1", email=people.COMPANY_EMAIL, customer_no="94003")
    company = Order("CF2", email=people.COMPANY_EMAIL, company="Bergbau-Werke AG", buyer=people.BUYER_EMAIL)
    desk.write(person, company)
    assert entity(desk, person) != "505"
    assert entity(desk, company) == "505"
    assert "contact create" not in desk.erp.writes()


def test_a_company_gets_its_buyer_as_a_contact(desk: Desk) -> None:
    order = Order("CF3", email="post@neu-ag.example", company="Neu AG", buyer="eva@neu-ag.example")
    assert desk.write(order)["CF3"].outcome is Outcome.CREATED
    contact = desk.erp.get("contact", f"eid:{order.order_id.replace('-so-', '-cont-')}")
    assert contact["company"]["id"] == entity(desk, order)


def test_a_missing_currency_is_added(desk: Desk) -> None:
    id_ = desk.erp.create("customer", {
        "isPerson": True, "firstName": "E", "lastName": "O", "email": "euro@known.example", "subsidiary": {"id": "1"},
        "currency": {"id": "1"},
    })  # fmt: skip
    order = Order("CG1", email="euro@known.example", guest=True, currency="3")
    assert desk.write(order)["CG1"].outcome is Outcome.CREATED
    currencies = {each["currency"]["id"] for each in desk.erp.get("customer", id_)["currencyList"]["items"]}
    assert currencies == {"1", "3"}


@pytest.mark.parametrize("known", [True, False])
def test_one_customers_orders_in_several_currencies_all_land(desk: Desk, *, known: bool) -> None:
    email = f"many.{known}@known.example"
    if known:
        desk.erp.create("customer", {
            "isPerson": True, "firstName": "E", "lastName": "O", "email": email, "subsidiary": {"id": "1"},
            "currency": {"id": "1"},
        })  # fmt: skip
    euro = Order(f"CM{known}1", email=email, customer_no=f"9680{known:d}")
    pounds, dollars = (replace(euro, number=f"{euro.number}{id_}", currency=id_) for id_ in ("3", "2"))
    verdicts = desk.write(pounds, euro, dollars)
    assert {each.outcome for each in verdicts.values()} == {Outcome.CREATED}, verdicts
    there = desk.erp.get("customer", entity(desk, euro))
    assert {each["currency"]["id"] for each in there["currencyList"]["items"]} == {"1", "2", "3"}


def test_a_customer_of_another_subsidiary_gets_a_relationship(desk: Desk) -> None:
    id_ = desk.erp.create("customer", {
        "isPerson": True, "firstName": "A", "lastName": "Broad", "email": "abroad@known.example",
        "subsidiary": {"id": "2"}, "currency": {"id": "2"},
    })  # fmt: skip
    order = Order("CH1", email="abroad@known.example", customer_no="94005")
    assert desk.write(order)["CH1"].outcome is Outcome.CREATED
    assert entity(desk, order) == id_
    assert desk.erp.writes()["customerSubsidiaryRelationship create"] == 1


def test_a_customer_of_another_subsidiary_gets_a_twin_where_the_setting_says_so(desk: Desk) -> None:
    desk.set(customers={"other_subsidiary": "own_customer"})
    order = Order("CH2", email=people.OTHER_SUBSIDIARY_EMAIL, customer_no="94006")
    desk.write(order)
    assert entity(desk, order) != "506"


def test_guests_with_one_mail_are_one_customer(desk: Desk) -> None:
    first = Order("CI1", email="guest@new.example", guest=True)
    desk.write(first)
    desk.write(replace(first, number="CI2"))
    assert entity(desk, first) == entity(desk, replace(first, number="CI2"))
    assert desk.erp.writes()["customer create"] == 1


def test_guests_are_one_customer_an_order_where_the_setting_says_so(desk: Desk) -> None:
    desk.set(customers={"guests": "one_each"})
    first = Order("CI3", email="each@new.example", guest=True, own_customer=True)
    second = replace(first, number="CI4")
    desk.write(first)
    desk.write(second)
    assert entity(desk, first) != entity(desk, second)


def test_the_orders_of_one_batch_need_few_look_ups(desk: Desk) -> None:
    orders = [Order(f"CJ{at}", email=f"cj{at}@new.example", customer_no=f"9500{at}") for at in range(30)]
    desk.write(*orders)
    asked = desk.erp.requests()
    assert asked["POST /record/v1/salesOrder"] == 30
    assert asked["POST /record/v1/customer"] == 30
    assert asked["POST /query/v1/suiteql"] <= 12
    assert not any(name.startswith(("GET", "PATCH", "PUT")) for name in asked)


def book(label: str, street: str) -> dict[str, Any]:
    address = {"addressee": "Ada Byron", "addr1": street, "city": "Hamburg", "zip": "20354", "country": {"id": "DE"}}
    return {"label": label, "defaultBilling": False, "defaultShipping": False, "addressBookAddress": address}


def test_a_customer_list_keeps_the_address_book_without_doubling_it(desk: Desk) -> None:
    one = Order("CK1", email="book@new.example", customer_no="96001")
    first = customers(one, books={"CK1": [book("home", "Ring 1"), book("work", "Hafen 2")]})
    assert desk.write(documents=first)["CK1"].outcome is Outcome.CREATED
    id_ = desk.erp.get("customer", f"eid:{one.customer_id}")
    again = replace(one, version="2026-03-02")
    moved = customers(again, books={"CK1": [book("home", "RING 1."), book("work", "Hafen 22"), book("mum", "Wald 3")]})
    assert desk.write(documents=moved)["CK1"].outcome is Outcome.UPDATED
    lines = desk.erp.get("customer", id_["id"])["addressBook"]["items"]
    assert {each["label"]: each["addressBookAddress"]["addr1"] for each in lines} == {
        "home": "Ring 1", "work": "Hafen 22", "mum": "Wald 3",
    }  # fmt: skip
    desk.erp.forget()
    assert desk.write(documents=moved)["CK1"].outcome is Outcome.UNCHANGED
    assert desk.erp.writes() == {}


def test_a_customer_that_cartage_made_follows_the_list_and_one_of_the_erp_does_not(desk: Desk) -> None:
    made = Order("CL1", email="made@new.example", customer_no="96002")
    desk.write(documents=customers(made))
    renamed = replace(made, last_name="Lovelace", version="2026-03-02")
    theirs = Order("CL2", email=people.REGULAR_EMAIL, customer_no=people.REGULAR_CUSTOMER_NO, last_name="Falsch")
    desk.write(documents=customers(renamed, theirs))
    assert desk.erp.get("customer", f"eid:{made.customer_id}")["lastName"] == "Lovelace"
    assert desk.erp.get("customer", "501")["lastName"] == "Weber"


def test_an_address_that_the_erp_has_under_the_same_label_stays_on_a_customer_of_the_erp(desk: Desk) -> None:
    theirs = {"isPerson": True, "firstName": "Ada", "lastName": "Byron", "email": "theirs@known.example",
              "subsidiary": {"id": "1"}, "currency": {"id": "1"}, "addressBook": {"items": [book("home", "Allee 7")]}}  # fmt: skip
    id_ = desk.erp.create("customer", theirs)
    shop = Order("CK2", email="theirs@known.example", customer_no="96003")
    listed = customers(shop, books={"CK2": [book("Home", "Ring 1"), book("work", "Hafen 2")]})
    verdict = desk.write(documents=listed)["CK2"]
    assert (verdict.outcome, verdict.target_id) == (Outcome.UPDATED, id_)
    (told,) = verdict.complaints
    assert (told.code, told.asks) == ("address_kept", False)
    assert "1 of the shop's addresses" in told.message
    lines = desk.erp.get("customer", id_)["addressBook"]["items"]
    assert {each["label"]: each["addressBookAddress"]["addr1"] for each in lines} == {
        "home": "Allee 7",
        "work": "Hafen 2",
    }
    desk.erp.forget()
    listed = customers(replace(shop, version="2026-03-02"), books={"CK2": [book("Home", "Ring 2")]})
    assert desk.write(documents=listed)["CK2"].outcome is Outcome.UNCHANGED
    assert desk.erp.writes() == {}


def test_a_slow_ledger_is_given_many_customers_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    notes: list[int] = []
    note = DocumentJournal.results

    def slowly(journal: DocumentJournal, results: list[DocumentResult]) -> None:
        time.sleep(0.2)
        notes.append(len(results))
        note(journal, results)

    monkeypatch.setattr(DocumentJournal, "results", slowly)
    orders = [Order(f"CM{at}", email=f"cm{at}@new.example", customer_no=f"9700{at}") for at in range(20)]
    assert {each.outcome for each in desk.write(*orders).values()} == {Outcome.CREATED}
    assert sum(notes) == 2 * len(orders)
    assert len(notes) <= len(orders) / 2
