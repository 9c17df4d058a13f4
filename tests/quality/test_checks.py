"""Which records are held back, for what, and that all others go on."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from cartage.errors import BatchError
from cartage.quality import Checked, Suite, check, load_suite, read_suite, share_exceeded
from cartage.quality import checks as checks_module
from cartage.quality.frames import frame
from cartage.records.batch import Batch, empty
from cartage.records.columns import MONEY
from cartage.records.outcome import Outcome
from cartage.yamlfile import parse
from tests.quality.orders import customer, order, together

INCLUDE = Path(__file__).parents[2] / "include"


@pytest.fixture(scope="module")
def orders() -> Suite:
    return load_suite("order", INCLUDE)


@pytest.fixture(scope="module")
def customers() -> Suite:
    return load_suite("customer", INCLUDE)


def test_sound_orders_pass(orders: Suite) -> None:
    checked = check(together("order", order(1), order(2)), orders)
    assert (checked.failures, checked.warnings) == ([], [])
    assert checked.statistics.records == 2
    assert [each.rule.name for each in checked.results if not each.passed] == []
    assert [each.rule.name for each in checked.results if each.evaluated == 0] == []


HELD: list[tuple[dict[str, Any], str, str]] = [
    ({"order_no": None}, "order_no_missing", "order_no"),
    ({"order_no": "9" * 51}, "order_no_too_long", "order_no"),
    ({"placed_at": None}, "placed_at_missing", "placed_at"),
    ({"currency": None}, "currency_missing", "currency"),
    ({"currency": "Euro"}, "currency_malformed", "currency"),
    ({"taxation": "none"}, "taxation_unknown", "taxation"),
    ({"order_status": "SHIPPED"}, "order_status_unknown", "order_status"),
    ({"payment_status": "SOON"}, "payment_status_unknown", "payment_status"),
    ({"order_gross": None}, "order_total_missing", "order_gross"),
    ({"order_gross": Decimal("34.97")}, "order_amounts_disagree", "order_gross"),
    ({"merchandize_gross": Decimal("40.00")}, "merchandise_disagrees", "merchandize_net"),
    ({"shipping_gross": Decimal(0)}, "shipping_disagrees", "shipping_net"),
    ({"lines__kind": "gift"}, "line_kind_unknown", "lines.kind"),
    ({"lines__product_id": None}, "sku_missing", "lines.product_id"),
    ({"lines__product_id": ""}, "sku_missing", "lines.product_id"),
    ({"lines__quantity": Decimal(0)}, "quantity_not_positive", "lines.quantity"),
    ({"lines__quantity": None}, "quantity_not_positive", "lines.quantity"),
    ({"lines__quantity": Decimal("-0.000001")}, "quantity_not_positive", "lines.quantity"),
    ({"lines__tax": Decimal("4.02")}, "line_amounts_disagree", "lines.gross"),
    ({"lines__shipment_id": "2"}, "shipment_unknown", "lines.shipment_id"),
    ({"lines__shipment_id": None}, "shipment_unknown", "lines.shipment_id"),
    ({"shipments__rows": []}, "shipment_unknown", "lines.shipment_id"),
    ({"lines__line": 999}, "parent_unknown", "lines.parent"),
    ({"shipments__shipment_id": None}, "shipment_id_missing", "shipments.shipment_id"),
    ({"payments__kind": "cash"}, "payment_kind_unknown", "payments.kind"),
    ({"payments__amount": Decimal(-1)}, "payment_negative", "payments.amount"),
    ({"lines__rows": []}, "order_without_lines", "lines"),
]
NOTED: list[tuple[dict[str, Any], str]] = [
    ({"customer_email": None}, "email_missing"),
    ({"customer_email": "anna at example"}, "email_malformed"),
    ({"bill_country_code": "DEU"}, "billing_country_malformed"),
    ({"shipments__ship_country_code": "Germany"}, "shipping_country_malformed"),
    ({"payments__amount": Decimal("30.00")}, "payments_disagree"),
    ({"lines__tax_rate": Decimal(19)}, "tax_rate_strange"),
    ({"order_gross": Decimal("34.955000"), "payments__amount": Decimal("34.955")}, "order_total_too_fine"),
    ({"currency": "JPY"}, "order_total_too_fine"),
]


@pytest.fixture(scope="module")
def bad_and_good(orders: Suite) -> Checked:
    """All bad orders in one batch, each between sound ones: even rows are sound."""
    wrong = [changes for changes, *_ in [*HELD, *NOTED]]
    parts = [order(row, **(wrong[row // 2] if row % 2 else {})) for row in range(2 * len(wrong) + 1)]
    return check(together("order", *parts), orders)


@pytest.mark.parametrize(
    ("place", "code", "field"), [(place, code, field) for place, (_, code, field) in enumerate(HELD)]
)
def test_a_bad_order_is_held_back(bad_and_good: Checked, place: int, code: str, field: str) -> None:
    row = 2 * place + 1
    (failure,) = [each for each in bad_and_good.failures if each.row == row]
    assert (failure.key, failure.outcome) == (f"RefArch/{row:05}", Outcome.QUARANTINED)
    complaint = next(each for each in failure.complaints if each.code == code)
    assert complaint.field == field
    assert complaint.message.startswith(f"{field}: ")
    assert "expect_column" in complaint.message


@pytest.mark.parametrize(("place", "code"), [(place, code) for place, (_, code) in enumerate(NOTED, len(HELD))])
def test_a_warning_is_noted_and_the_order_goes_on(bad_and_good: Checked, place: int, code: str) -> None:
    (noted,) = [each for each in bad_and_good.warnings if each.row == 2 * place + 1]
    assert [each.code for each in noted.complaints] == [code]


def test_a_bad_order_costs_no_other(bad_and_good: Checked) -> None:
    assert [each.row for each in bad_and_good.failures] == [2 * place + 1 for place in range(len(HELD))]
    assert [each.row for each in bad_and_good.warnings] == [
        2 * place + 1 for place in range(len(HELD), len(HELD) + len(NOTED))
    ]


def test_what_is_only_counted_condemns_nobody(orders: Suite) -> None:
    checked = check(together("order", order(1, payments__amount=None)), orders)
    counted = next(each for each in checked.results if each.rule.name == "payment_amount_missing")
    assert (counted.failing_rows, counted.worst) == (1, (("RefArch/00001", 1),))
    assert (checked.failures, checked.warnings) == ([], [])


def test_an_order_without_payments_is_no_finding(orders: Suite) -> None:
    assert check(together("order", order(1, payments__rows=[])), orders).warnings == []


def test_options_need_no_quantity_and_money_given_back_is_no_payment(orders: Suite) -> None:
    sound = order(1)
    sound["lines"][1]["quantity"] = None
    sound["payments"].append({**sound["payments"][0], "payment": 2, "transaction_type": "CREDIT", "amount": Decimal(5)})
    checked = check(together("order", sound), orders)
    assert (checked.failures, checked.warnings) == ([], [])


def test_tolerance_is_a_cent_to_the_digit(orders: Suite) -> None:
    within = order(1, order_gross=Decimal("34.96"), payments__amount=Decimal("34.96"))
    over = order(2, order_gross=Decimal("34.960001"), payments__amount=Decimal("34.96"))
    failures = check(together("order", within, over), orders).failures
    assert [each.row for each in failures] == [2]


def test_net_prices_are_summed_in_net(orders: Suite) -> None:
    """Under net taxation the shop rounds nets; grosses may drift by cents, and that is no fault."""
    drifted = order(1, taxation="net", merchandize_gross=Decimal("30.02"))
    assert [
        each.code for failure in check(together("order", drifted), orders).failures for each in failure.complaints
    ] == []
    wrong = order(2, taxation="net", merchandize_net=Decimal("25.24"))
    assert [each.row for each in check(together("order", wrong), orders).failures] == [2]


def test_all_reasons_are_told_with_how_many_rows(orders: Suite) -> None:
    bad = order(7, currency="eur", customer_email=None)
    bad["lines"][0]["quantity"] = bad["lines"][1]["quantity"] = Decimal(0)
    (failure,) = check(together("order", bad), orders).failures
    assert [each.code for each in failure.complaints] == [
        "currency_malformed",
        "email_missing",
        "quantity_not_positive",
    ]
    assert "(in 2 rows of lines)" in failure.complaints[2].message


def test_no_value_of_a_record_is_quoted(orders: Suite) -> None:
    checked = check(together("order", order(1, customer_email="anna berg", currency="anna")), orders)
    assert "anna" not in repr(checked).lower()


def test_batches_of_a_run_are_one_check(orders: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a run is cut into parts, and however many of them are judged at once, the findings are the same."""
    parts = [order(row, currency="eur" if row % 3 == 0 else "EUR") for row in range(5)]
    whole = check(together("order", *parts), orders)
    single = [together("order", part) for part in parts]
    assert check(iter(single), orders).failures == whole.failures
    monkeypatch.setattr(checks_module, "TOGETHER", 3)
    cut = check(single, orders)
    assert cut.failures == whole.failures
    assert cut.results == whole.results
    assert cut.statistics.rows == whole.statistics.rows


def test_nothing_to_check_is_no_error(orders: Suite) -> None:
    for nothing in (empty("order"), []):
        checked = check(nothing, orders)
        assert (checked.statistics.records, checked.failures) == (0, [])


def test_a_missing_column_or_table_condemns_the_batch(orders: Suite) -> None:
    good = together("order", order(1))
    without_column = Batch("order", {**good.tables, "lines": good.tables["lines"].drop_columns(["net"])})
    with pytest.raises(BatchError, match=r"the batch has no column lines\.net"):
        check(without_column, orders)
    tables = {name: table for name, table in good.tables.items() if name != "payments"}
    with pytest.raises(BatchError, match="no table payments"):
        check(Batch("order", tables), orders)
    with pytest.raises(BatchError, match="is for the record order"):
        check(together("customer", customer(1)), orders)


def test_a_row_of_no_record_condemns_the_batch(orders: Suite) -> None:
    stray = order(1)
    stray["lines"].append({**stray["lines"][0], "order": 99, "line": 990, "quantity": Decimal(0)})
    with pytest.raises(BatchError, match="belongs to order 99"):
        check(together("order", stray), orders)


def test_two_runs_cannot_be_mixed(orders: Suite) -> None:
    with pytest.raises(BatchError, match="same row number"):
        check([together("order", order(1)), together("order", order(1))], orders)


def test_an_expectation_that_cannot_be_evaluated_is_an_error_of_the_run() -> None:
    text = """
record: order
expectations:
  - name: impossible
    table: orders
    type: expect_column_values_to_be_between
    with: {column: order_no, min_value: 1}
    severity: critical
    why: texts are no numbers
"""
    with pytest.raises(BatchError, match="impossible could not be evaluated"):
        check(together("order", order(1)), read_suite(parse(text, "order.yaml")))


def test_customers(customers: Suite) -> None:
    held: list[tuple[dict[str, Any], str]] = [
        ({"customer_no": None}, "customer_no_missing"),
        ({"last_name": None}, "customer_nameless"),
        ({"addresses__address_id": None}, "address_id_missing"),
    ]
    noted: list[tuple[dict[str, Any], str]] = [
        ({"email": "anna"}, "email_malformed"),
        ({"addresses__country_code": "D"}, "address_country_malformed"),
        ({"last_name": "B" * 33}, "last_name_too_long"),
    ]
    parts = [customer(row, **changes) for row, (changes, _) in enumerate([*held, *noted])]
    checked = check(together("customer", *parts, customer(99)), customers)
    assert [[each.code for each in failure.complaints] for failure in checked.failures] == [[code] for _, code in held]
    assert [[each.code for each in warning.complaints] for warning in checked.warnings] == [[code] for _, code in noted]
    assert [each.row for each in checked.warnings] == [3, 4, 5]


def test_a_company_needs_no_last_name_and_two_preferred_addresses_are_noted(customers: Suite) -> None:
    company = customer(1, last_name=None, company_name="Nordlicht GmbH")
    company["addresses"].append({**company["addresses"][0], "address": 2, "address_id": "work"})
    checked = check(together("customer", company), customers)
    assert checked.failures == []
    assert [each.code for each in checked.warnings[0].complaints] == ["several_preferred_addresses"]


@pytest.mark.parametrize(
    ("failed", "total", "halts"),
    [
        (0, 0, False),
        (9, 10, False),
        (10, 10, True),
        (10, 50, False),
        (11, 50, True),
        (200, 1000, False),
        (201, 1000, True),
    ],
)
def test_a_share_that_fails_halts_the_run(failed: int, total: int, *, halts: bool) -> None:
    assert share_exceeded(failed, total, share=0.2, minimum=10) is halts


def test_a_decimal_is_checked_as_the_float_nearest_to_it() -> None:
    amounts = [
        Decimal("0.01"),
        Decimal("0.1"),
        Decimal("123456789.123456"),
        Decimal("-0.000001"),
        None,
        Decimal(99999999999999),
    ]
    made = frame(pa.table({"amount": pa.array(amounts[:5], MONEY)}))["amount"].tolist()
    assert made[:4] == [float(str(each)) for each in amounts[:4]]
    assert made[4] != made[4]
    assert frame(pa.table({"amount": pa.array(amounts[5:], MONEY)}))["amount"].tolist() == [99999999999999.0]
