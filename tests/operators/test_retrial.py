"""What a person may name when quarantined records are tried again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from cartage.errors import Complaint, SettingsError
from cartage.ledger.quarantine import Entry
from cartage.operators.retrial import give_back, reread
from cartage.operators.runtime import Runtime
from cartage.windows import Selection, Window

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.ledger.quarantine import Quarantined


@pytest.fixture
def customers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """Give a flow with a ledger of its own."""
    keys = {"key": Fernet.generate_key().decode(), "hash_key": "0" * 64}
    connection = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db"), "extra": keys}
    monkeypatch.setenv("AIRFLOW_CONN_CARTAGE_LEDGER", json.dumps(connection))
    runtime = Runtime("sfcc_netsuite", "customers", "customer")
    runtime.ledger.migrate()
    return runtime


def begin(runtime: Runtime, name: str, selection: Selection) -> int:
    return runtime.ledger.runs.open(
        integration="sfcc_netsuite",
        flow="customers",
        dag_id="sfcc_netsuite.customers",
        dag_run_id=name,
        run_type="manual",
        started_by=None,
        window=Window(None, datetime(2026, 1, 1, tzinfo=UTC)),
        selection=selection,
        settings_digest="0",
    )


def held(runtime: Runtime) -> Quarantined:
    """Hold a customer back."""
    entry = Entry(0, "RefArch/1", "1", "validate", (Complaint("missing", "no e-mail"),), b"{}")
    runtime.ledger.quarantine.put(begin(runtime, "one", Selection()), "customers", "customer", [entry])
    return only(runtime)


def only(runtime: Runtime) -> Quarantined:
    return runtime.ledger.quarantine.open("sfcc_netsuite")[0]


def test_ids_that_this_flow_does_not_have_are_named(customers: Runtime) -> None:
    entry = held(customers)
    orders = Runtime("sfcc_netsuite", "orders", "order")
    with pytest.raises(SettingsError, match=rf"sfcc_netsuite\.orders has no quarantined record {entry.id}, 99$"):
        list(reread(orders, Selection(quarantine=(entry.id, 99))))
    assert only(customers).state == "open", "it waits where it was"


def test_what_a_retry_does_not_bring_through_waits_for_the_next(customers: Runtime) -> None:
    selection = Selection(quarantine=(held(customers).id,))
    run = customers.ledger.runs.get(begin(customers, "two", selection))
    customers.ledger.quarantine.retrying(list(selection.quarantine))
    assert only(customers).state == "retrying"
    give_back(customers, run)
    assert only(customers).state == "open"
