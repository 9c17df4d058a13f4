"""Customers: from the shop's customer lists, and those that orders bring along."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import people
from sandbox.shop.customers import Account, BookEntry, accounts_of_the_erp, random_accounts
from sandbox.shop.delivery import customer_drop, deliver
from sandbox.shop.orders import NOW, variety

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.shop.model import Order
    from tests.end_to_end.stack import Stack

HOUR = timedelta(hours=1)
FIELDS = (
    "id", "entityid", "externalid", "email", "phone", "firstname", "lastname", "companyname", "subsidiary", "currency",
    "terms", "pricelevel", "creditlimit", "taxable", "isperson", "isinactive", "custentity_ctg_customer_no",
)  # fmt: skip


def leave_list(stack: Stack, accounts: Sequence[Account], *, hours: int = 0, site: str = "RefArch") -> None:
    """Leave a customer list, exported this many hours after the first."""
    deliver(stack.home / "sandbox", [customer_drop(site, accounts, NOW + hours * HOUR)])


def customers(stack: Stack) -> dict[str, dict[str, Any]]:
    """Give all customers of NetSuite by internal id."""
    query = f"SELECT {', '.join(FIELDS)} FROM customer"
    return {each["id"]: each for each in stack.netsuite.suiteql(query, key="id", columns=FIELDS)}


def entities(stack: Stack) -> dict[str, str]:
    """Give the customer of every sales order, by the shop's number."""
    return {each["otherrefnum"]: each["entity"] for each in stack.sales_orders()}


def book(stack: Stack, customer: str) -> dict[str, str]:
    """Give the lines of a customer's address book: the first address line by label."""
    record = stack.netsuite.get("customer", customer, expandSubResources=True)
    return {
        each["label"]: each["addressBookAddress"]["addr1"] for each in record.get("addressBook", {}).get("items", ())
    }


def relationships(stack: Stack, customer: str) -> set[str]:
    """Give the subsidiaries that a customer may trade with."""
    query = f"SELECT id, subsidiary FROM customersubsidiaryrelationship WHERE entity = {customer}"
    return {each["subsidiary"] for each in stack.netsuite.suiteql(query, key="id")}


def currencies(stack: Stack, customer: str) -> set[str]:
    """Give the currencies that a customer may trade in."""
    query = f"SELECT currency FROM customercurrencybalance WHERE customer = {customer}"
    return {each["currency"] for each in stack.netsuite.suiteql(query, key="currency")}


def contacts(stack: Stack, company: str) -> set[str]:
    """Give the last names of a company's contacts."""
    query = f"SELECT id, lastname FROM contact WHERE company = {company}"
    return {each["lastname"] for each in stack.netsuite.suiteql(query, key="id")}


def suiteql_calls(stack: Stack) -> int:
    """Give how many queries NetSuite answered since it was asked to forget."""
    counted = stack.control("netsuite", "GET")["requests"]
    return sum(count for name, count in counted.items() if "suiteql" in name)


def of_account(account: Account, seed: int) -> Order:
    """Give an order of a customer who stands in a customer list."""
    order = variety("registered", seed, site="RefArch")
    order.customer.customer_no, order.customer.email = account.customer_no, account.email
    return order


def test_customer_lists(stack: Stack) -> None:
    terms = {"creditLimit": 500, "phone": "+49 30 1234567", "priceLevel": {"id": "1"}}
    stack.netsuite.update("customer", "501", terms)
    before = customers(stack)
    known, strangers = accounts_of_the_erp("RefArch"), list(random_accounts(10))
    company = next(each for each in strangers if each.company_name)
    person = next(each for each in strangers if not each.company_name)

    stack.control("netsuite", "POST", "/reset")
    leave_list(stack, [*known, *strangers])
    counts = stack.run("customers")
    # Made are 10 strangers, one in place of an inactive customer, and the contact of a company that is there.
    assert (counts["created"], counts["updated"]) == (12, 5), stack.reasons("customers")
    calls = suiteql_calls(stack)
    after, verdicts = customers(stack), stack.verdicts("customers")
    found = {key: verdict.target_id for key, verdict in verdicts.items()}
    assert found["RefArch/00000042"] == "501", "matched by customer number"
    assert found["RefArch/K502"] == "503", "of two with one e-mail, the one with the newest activity"
    assert found["RefArch/K504"] not in before, "an inactive customer does not match"
    assert found["RefArch/K505"] == "505", "the company, by e-mail"
    assert found["RefArch/K506"] == "506", "a customer of the other subsidiary gets a relationship"
    assert after["502"] == before["502"]
    assert after["504"] == before["504"]
    untouched = ("phone", "terms", "pricelevel", "creditlimit", "taxable", "firstname", "externalid")
    assert {name: after["501"][name] for name in untouched} == {name: before["501"][name] for name in untouched}
    assert (before["503"]["phone"], after["503"]["phone"] is not None) == (None, True), "a blank is filled"
    assert relationships(stack, "506") == {"1", "2"}
    made = after[found[f"RefArch/{company.customer_no}"]]
    assert (made["isperson"], made["companyname"]) == ("F", company.company_name)
    assert contacts(stack, made["id"]) == {company.last_name}
    assert book(stack, found[f"RefArch/{person.customer_no}"])["home"] == person.addresses[0].address.address1

    stack.control("netsuite", "POST", "/reset")
    leave_list(stack, [*strangers, *known], hours=1)
    counts = stack.run("customers")
    assert counts["unchanged"] == counts["extracted"] == 17, stack.reasons("customers")
    assert stack.writes() == {}

    later = copy.deepcopy(person)
    home, moved = later.addresses[0], replace(later.addresses[0].address, address1="Neue Straße 1")
    later.phone_home, later.addresses[0] = "+49 40 55509999", replace(home, address=moved)
    later.addresses.append(BookEntry("shed", replace(moved, address1="Am Schuppen 2")))
    stack.control("netsuite", "POST", "/reset")
    leave_list(stack, [later, *known, *random_accounts(30, 1)], hours=2)
    counts = stack.run("customers")
    assert (counts["created"], counts["updated"], counts["unchanged"]) == (30, 1, 7), stack.reasons("customers")
    assert suiteql_calls(stack) <= calls, "look-ups are made in bulk, however many customers there are"
    assert customers(stack)[found[f"RefArch/{person.customer_no}"]]["phone"] == "+494055509999"
    lines = book(stack, found[f"RefArch/{person.customer_no}"])
    assert (lines["home"], lines["shed"]) == ("Neue Straße 1", "Am Schuppen 2")
    assert len(lines) == len({each.address.address1 for each in later.addresses})


def test_customers_found_in_orders(stack: Stack) -> None:
    account = next(each for each in random_accounts(9) if not each.company_name)
    leave_list(stack, [account])
    stack.run("customers")
    listed = stack.verdicts("customers")[f"RefArch/{account.customer_no}"].target_id
    before = customers(stack)

    twice = [of_account(account, seed) for seed in (1, 2)]
    new = [variety("registered", seed, site="RefArch") for seed in (3, 4)]
    new[1].customer = copy.deepcopy(new[0].customer)
    guests = [variety("returning_guest", seed, site="RefArch") for seed in (1, 2, 3, 4)]
    known = {
        name: variety(name, 1)
        for name in (
            "regular_of_the_erp", "guest_with_a_known_email", "duplicate_of_the_erp", "inactive_in_the_erp", "company",
            "in_the_other_subsidiary", "euro_customer_pays_pounds", "new_company",
        )
    }  # fmt: skip
    orders = [*twice, *new, *guests, *known.values()]
    stack.deliver("RefArch", [each for each in orders if each.site == "RefArch"])
    stack.deliver("RefArchUS", [each for each in orders if each.site == "RefArchUS"])
    stack.control("netsuite", "POST", "/reset")
    assert stack.run()["created"] == len(orders), stack.reasons()

    of, after = entities(stack), customers(stack)
    assert {of[each.order_no] for each in twice} == {listed}, "the order goes to the customer of the list"
    assert len({of[each.order_no] for each in new}) == 1, "two orders of one new customer make one customer"
    assert len({of[each.order_no] for each in guests}) == 1, "a guest is known by e-mail, in any capitals"
    assert {each.customer.email for each in guests} == {"returning.guest@example.com", "Returning.Guest@Example.com"}
    assert of[known["regular_of_the_erp"].order_no] == "501"
    assert of[known["duplicate_of_the_erp"].order_no] == "503"
    assert of[known["inactive_in_the_erp"].order_no] not in before
    assert of[known["company"].order_no] == "505"
    assert of[known["in_the_other_subsidiary"].order_no] == "506"
    assert relationships(stack, "506") == {"1", "2"}
    assert of[known["euro_customer_pays_pounds"].order_no] == "507"
    assert currencies(stack, "507") == {"1", "3"}, "the order's currency is added, the others stay"
    made = after[of[known["new_company"].order_no]]
    assert (made["isperson"], len(contacts(stack, made["id"]))) == ("F", 1)
    assert len(after) == len(before) + 4, "one new customer, one guest, one in place of the inactive, one company"


def test_a_guest_changes_no_registered_customer(stack: Stack) -> None:
    before = customers(stack)["501"], book(stack, "501")
    guest = variety("guest_with_a_known_email", 1)
    stack.deliver("RefArch", [guest])
    stack.control("netsuite", "POST", "/reset")
    assert stack.run()["created"] == 1
    assert entities(stack)[guest.order_no] == "501"
    assert (customers(stack)["501"], book(stack, "501")) == before
    assert not [name for name in stack.writes() if name.startswith("customer ")]


def test_other_settings_of_customers(stack: Stack) -> None:
    stack.setting("ties: newest_activity", "ties: quarantine")
    stack.setting("other_subsidiary: relationship", "other_subsidiary: own_customer")
    stack.setting("guests: by_email", "guests: one_each")
    stack.setting("max_quarantined_share: 0.2", "max_quarantined_share: 1.0")
    before = customers(stack)
    leave_list(stack, accounts_of_the_erp("RefArch"))
    stack.run("customers")
    verdicts = stack.verdicts("customers")
    assert verdicts["RefArch/K502"].outcome == "quarantined"
    assert [each.code for each in verdicts["RefArch/K502"].complaints] == ["customer_tie"]
    own = customers(stack)[verdicts["RefArch/K506"].target_id]
    assert (own["email"], own["subsidiary"]) == (people.OTHER_SUBSIDIARY_EMAIL, "1")
    assert own["id"] not in before
    assert relationships(stack, "506") == {"2"}

    guests = [variety("returning_guest", seed, site="RefArch") for seed in (1, 2)]
    tie, abroad = variety("duplicate_of_the_erp", 1), variety("in_the_other_subsidiary", 1)
    stack.deliver("RefArch", [*guests, tie, abroad])
    counts = stack.run()
    assert (counts["created"], counts["quarantined"]) == (3, 1), stack.reasons()
    assert stack.verdicts()[f"RefArch/{tie.order_no}"].complaints[0].code == "customer_tie"
    of = entities(stack)
    assert len({of[each.order_no] for each in guests}) == 2, "a customer for each order"
    assert of[abroad.order_no] == own["id"]

    stack.setting("guests: one_each", "guests: default_customer")
    stack.setting("default_guest_customer: null", 'default_guest_customer: "507"')
    one, other = (variety(name, 7, site="RefArch") for name in ("guest", "guest_without_number"))
    stack.deliver("RefArch", [one, other], NOW + HOUR)
    count = len(customers(stack))
    assert stack.run()["created"] == 2, stack.reasons()
    of = entities(stack)
    assert {of[one.order_no], of[other.order_no]} == {"507"}
    assert len(customers(stack)) == count
