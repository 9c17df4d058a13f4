"""What happens to money, stock and status when transactions are saved."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import simplejson
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sandbox.netsuite.conftest import a_line, an_order, put_order, refusal, shown, unique

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.netsuite.server import NetSuiteEndpoint

CENTS = st.decimals(min_value=Decimal("0.01"), max_value=Decimal(5000), places=2)


def sums(order: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(order[name] for name in ("subtotal", "taxTotal", "total"))


def tax_row(reference: str, basis: Any, amount: Any, rate: Any = 19) -> dict[str, Any]:
    return {"taxDetailsReference": {"id": reference}, "taxCode": {"id": "10"}, "taxType": "VAT", "taxBasis": basis,
            "taxRate": rate, "taxAmount": amount}  # fmt: skip


class TestTax:
    def test_the_orders_own_tax_details_override(self, client: httpx.Client) -> None:
        _, order = put_order(
            client, taxDetailsOverride=True, shipMethod={"id": "101"}, shippingCost=4.16,
            item={"items": [a_line("NL-1000", 2, 218.32, taxDetailsReference="L1")]},
            taxDetails={"items": [tax_row("L1", 218.32, 41.47), tax_row("SHIPPING", 4.16, 0.79)]},
        )  # fmt: skip
        assert sums(order) == (218.32, 42.26, 264.74)
        assert order["item"]["items"][0]["grossAmt"] == 259.79

    def test_a_row_must_belong_to_a_line(self, client: httpx.Client) -> None:
        order = an_order(taxDetailsOverride=True, taxDetails={"items": [tax_row("nowhere", 1, 1)]})
        refused = refusal(client.post("/record/v1/salesOrder", json=order))
        assert refused["o:errorPath"] == "taxDetails.items[0].taxDetailsReference"

    def test_rows_without_the_override_are_refused(self, client: httpx.Client) -> None:
        order = an_order(taxDetails={"items": [tax_row("SHIPPING", 1, 1)]})
        assert refusal(client.post("/record/v1/salesOrder", json=order))["o:errorPath"] == "taxDetails"

    def test_without_them_the_account_computes_its_own(self, client: httpx.Client) -> None:
        _, order = put_order(client, item={"items": [a_line("NL-1000", 1, 10), a_line("gift-certificate", 1, 50)]})
        assert sums(order) == (60, 1.9, 61.9)

    def test_lines_can_be_tax_free(self, client: httpx.Client) -> None:
        lines = [a_line("NL-1000", 1, 10, isTaxable=False), a_line("sales-tax", 1, 1.9)]
        _, order = put_order(client, item={"items": lines}, shipMethod={"id": "101"}, shippingCost=5)
        assert sums(order) == (11.9, 0, 16.9)

    @given(
        prices=st.lists(CENTS, min_size=1, max_size=6), shipping=CENTS, taxes=st.lists(CENTS, min_size=6, max_size=6)
    )
    @settings(max_examples=10, deadline=None)
    def test_sums_are_exact(
        self, netsuite: NetSuiteEndpoint, prices: list[Decimal], shipping: Decimal, taxes: list[Decimal]
    ) -> None:
        lines = [a_line("NL-1000", 3, price, taxDetailsReference=f"L{at}") for at, price in enumerate(prices)]  # type: ignore[arg-type]
        rows = [tax_row(f"L{at}", price, taxes[at]) for at, price in enumerate(prices)]
        body = an_order(
            item={"items": lines},
            taxDetailsOverride=True,
            taxDetails={"items": rows},
            shipMethod={"id": "101"},
            shippingCost=shipping,
        )
        with netsuite.admin as person:
            key = unique()
            headers = {"Content-Type": "application/json"}
            assert (
                person.put(
                    f"/record/v1/salesOrder/eid:{key}",
                    content=simplejson.dumps(body, use_decimal=True),
                    headers=headers,
                ).status_code
                == 204
            )
            found = simplejson.loads(person.get(f"/record/v1/salesOrder/eid:{key}").text, use_decimal=True)
        assert found["total"] == sum(prices) + sum(taxes[: len(prices)]) + shipping


class TestTieOutHasSomethingToCatch:
    def test_a_script_adds_a_fee(self, netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
        _, plain = put_order(client)
        netsuite.control(script_adds_fee="2.50")
        _, order = put_order(client)
        assert order["total"] == pytest.approx(plain["total"] + 2.5)

    def test_the_tax_engine_rounds_otherwise(self, netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
        _, plain = put_order(client)
        netsuite.control(tax_rounding="0.01")
        _, order = put_order(client)
        assert order["taxTotal"] == pytest.approx(plain["taxTotal"] + 0.01)


class TestPrices:
    def test_a_price_level_gives_the_amount(self, client: httpx.Client) -> None:
        _, order = put_order(
            client, item={"items": [{"item": {"externalId": "NL-1000"}, "quantity": 2, "price": {"id": "1"}}]}
        )
        assert order["subtotal"] == 259.8

    def test_a_rate_times_the_quantity(self, client: httpx.Client) -> None:
        line = {"item": {"externalId": "NL-1014"}, "quantity": 2.5, "rate": 13.333, "price": {"id": "-1"}}
        assert put_order(client, item={"items": [line]})[1]["subtotal"] == 33.33

    def test_shipping_costs_what_its_method_says_unless_given(self, client: httpx.Client) -> None:
        assert put_order(client, shipMethod={"id": "101"})[1]["shippingCost"] == 4.95
        assert put_order(client, shipMethod={"id": "101"}, shippingCost=0)[1]["shippingCost"] == 0

    def test_discounts_on_lines_and_header(self, client: httpx.Client) -> None:
        lines = [a_line("NL-1000", 1, 100, isTaxable=False), a_line("discount", 1, -10, isTaxable=False)]
        _, order = put_order(client, item={"items": lines}, discountItem={"externalId": "discount"}, discountRate=-5)
        assert sums(order) == (90, 0, 85)
        assert order["discountTotal"] == -5


class TestPeriods:
    def test_a_closed_period_refuses_its_dates(self, netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
        key, _ = put_order(client)
        netsuite.control(closed_periods=["2026-03"])
        closed = "SELECT periodname FROM accountingperiod WHERE closed = 'T'"
        assert netsuite.rows(closed) == [{"periodname": "Mar 2026"}]
        assert refusal(client.post("/record/v1/salesOrder", json=an_order()))["o:errorPath"] == "tranDate"
        assert client.post("/record/v1/salesOrder", json=an_order(tranDate="2026-04-01")).status_code == 204
        assert client.patch(f"/record/v1/salesOrder/eid:{key}", json={"memo": "late"}).status_code == 204


class TestStock:
    def stock(self, netsuite: NetSuiteEndpoint, item: str) -> tuple[float, ...]:
        columns = "quantityonhand, quantitycommitted, quantityavailable"
        query = f"SELECT {columns} FROM aggregateItemLocation a JOIN item i ON i.id = a.item WHERE i.itemid = '{item}' AND a.location = 2"
        return tuple(float(value) for value in netsuite.rows(query)[0].values())

    def test_orders_commit_and_fulfilments_take(
        self, netsuite: NetSuiteEndpoint, client: httpx.Client, person: httpx.Client
    ) -> None:
        """One order's life: pending approval, approved, shipped in two parts, billed."""
        mug, camp = self.stock(netsuite, "0012345678905"), self.stock(netsuite, "NL-1009")
        lines = [a_line("0012345678905", 4, 34), a_line("SET-CAMP", 1, 99), a_line("sales-tax", 1, 5)]
        key, order = put_order(client, item={"items": lines}, location={"id": "2"}, orderStatus={"id": "A"})
        assert order["status"] == {"id": "A", "refName": "Pending Approval"}
        assert self.stock(netsuite, "0012345678905") == mug

        client.patch(f"/record/v1/salesOrder/eid:{key}", json={"orderStatus": {"id": "B"}})
        assert self.stock(netsuite, "0012345678905") == (mug[0], mug[1] + 4, mug[2] - 4)
        assert self.stock(netsuite, "NL-1009") == (camp[0], camp[1] + 2, camp[2] - 2)

        part = {"item": {"items": [{"orderLine": 1, "quantity": 3, "location": {"id": "2"}}, {"orderLine": 2, "itemReceive": False}]},
                "package": {"items": [{"packageTrackingNumber": "1Z1"}, {"packageTrackingNumber": "1Z2"}]}}  # fmt: skip
        made = person.post(f"/record/v1/salesOrder/{order['id']}/!transform/itemFulfillment", json=part)
        assert made.status_code == 204, made.text
        assert self.stock(netsuite, "0012345678905") == (mug[0] - 3, mug[1] + 1, mug[2] - 4)
        after = shown(client, "salesOrder", key)
        assert (after["status"]["id"], after["item"]["items"][0]["quantityFulfilled"]) == ("E", 3)
        shipment = made.headers["location"].rpartition("/")[2]
        assert netsuite.rows(f"SELECT n.trackingnumber FROM TrackingNumberMap m JOIN trackingnumber n ON n.id = m.trackingnumber WHERE m.transaction = {shipment} ORDER BY 1") == [
            {"trackingnumber": "1Z1"}, {"trackingnumber": "1Z2"},
        ]  # fmt: skip
        assert netsuite.rows(
            f"SELECT DISTINCT nextdoc FROM PreviousTransactionLineLink WHERE previousdoc = {order['id']}"
        ) == [{"nextdoc": shipment}]

        refused = refusal(
            client.patch(f"/record/v1/salesOrder/eid:{key}", json={"item": {"items": [{"line": 1, "quantity": 2}]}})
        )
        assert "fulfilled" in refused["detail"]
        assert person.post(f"/record/v1/salesOrder/{order['id']}/!transform/itemFulfillment").status_code == 204
        assert self.stock(netsuite, "NL-1009") == (camp[0] - 2, camp[1], camp[2] - 2)
        assert shown(client, "salesOrder", key)["status"]["id"] == "F"
        bill = person.post(f"/record/v1/salesOrder/{order['id']}/!transform/invoice")
        invoice = person.get(bill.headers["location"]).json()
        assert (invoice["total"], shown(client, "salesOrder", key)["status"]["id"]) == (order["total"], "G")

    def test_closing_lets_go(self, netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
        before = self.stock(netsuite, "NL-1001")
        key, _ = put_order(client, item={"items": [a_line("NL-1001", 4, 40)]}, location={"id": "2"})
        client.patch(f"/record/v1/salesOrder/eid:{key}", json={"item": {"items": [{"line": 1, "isClosed": True}]}})
        assert shown(client, "salesOrder", key)["status"] == {"id": "H", "refName": "Closed"}
        assert self.stock(netsuite, "NL-1001") == before


class TestDeposits:
    def deposit(self, order: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {
            "customer": {"id": "501"},
            "salesOrder": {"id": order["id"]},
            "payment": 10.5,
            "account": {"id": "200"},
        } | more

    def test_it_hangs_on_its_order(self, netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
        _, order = put_order(client)
        key = unique("dep")
        body = self.deposit(order, custbody_ctg_payment_ids="T-1")
        assert client.put(f"/record/v1/customerDeposit/eid:{key}", json=body).status_code == 204
        found = shown(client, "customerDeposit", key)
        assert (found["payment"], found["currency"]["refName"], found["status"]["refName"]) == (
            10.5,
            "EUR",
            "Deposited",
        )
        linked = f"SELECT linktype, foreignamount FROM PreviousTransactionLineLink WHERE previousdoc = {order['id']} AND nextdoc = {found['id']}"
        assert netsuite.rows(linked) == [{"linktype": "OrdDep", "foreignamount": "10.5"}]

    @pytest.mark.parametrize(
        ("change", "path"),
        [({"payment": 0}, "payment"), ({"customer": {"id": "506"}}, "salesOrder"), ({"customer": None}, "customer"),
         ({"account": {"id": "1"}}, "account"), ({"currency": {"id": "3"}}, "currency"),
         ({"account": None, "undepFunds": {"id": "F"}}, "account")],
    )  # fmt: skip
    def test_what_cannot_be(self, client: httpx.Client, change: dict[str, Any], path: str) -> None:
        _, order = put_order(client)
        assert (
            refusal(client.post("/record/v1/customerDeposit", json=self.deposit(order, **change)))["o:errorPath"]
            == path
        )


def test_card_charges_and_mails_are_counted(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    put_order(client)
    assert (netsuite.counts()["card_operations"], netsuite.counts()["emails"]) == (0, 0)
    put_order(client, paymentOption={"id": "3"}, toBeEmailed=True)
    put_order(client, handlingMode={"id": "PROCESS"})
    assert (netsuite.counts()["card_operations"], netsuite.counts()["emails"]) == (2, 1)


def test_the_account_holds_what_an_earlier_connector_left(netsuite: NetSuiteEndpoint) -> None:
    query = "SELECT otherrefnum, externalid FROM transaction WHERE type = 'SalesOrd' AND otherrefnum LIKE 'LEGACY-%' ORDER BY otherrefnum"
    assert netsuite.rows(query) == [{"otherrefnum": "LEGACY-0001"}, {"otherrefnum": "LEGACY-0002"}]
