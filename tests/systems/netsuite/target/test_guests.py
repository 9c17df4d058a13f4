"""The one customer of all guests runs into a limit of NetSuite: people are told before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.systems.netsuite import guests
from tests.systems.netsuite.target.shop import Order

if TYPE_CHECKING:
    import pytest

    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from tests.systems.netsuite.target.conftest import Desk


def test_the_customer_of_all_guests_is_watched(
    desk: Desk, hook: NetSuiteHook, default_settings: Settings,
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    order = Order("CG1", email="guest@limit.example", guest=True)
    desk.write(order)
    customer = str(desk.order(order)["entity"]["id"])
    assert guests.count_transactions(hook, customer) == 1
    assert guests.count_transactions(hook, "999999") == 0
    default = default_settings.customers.model_copy(
        update={"guests": "default_customer", "default_guest_customer": customer}
    )
    guests.warn_of_limit(hook, default)
    assert caplog.messages == []
    monkeypatch.setattr(guests, "NEAR", 1)
    guests.warn_of_limit(hook, default_settings.customers)
    assert caplog.messages == [], "guests are customers of their own here"
    guests.warn_of_limit(hook, default)
    assert f"customer {customer}, that of all guests, has 1 transactions" in caplog.text
