"""What a person may name when quarantined records are tried again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from cartage.errors import Complaint, SettingsError
from cartage.ledger.quarantine import Entry
from cartage.operators.retrial import reread
from cartage.operators.runtime import Runtime
from cartage.windows import Selection, Window

if TYPE_CHECKING:
    from pathlib import Path


def test_ids_that_this_flow_does_not_have_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"key": Fernet.generate_key().decode(), "hash_key": "0" * 64}
    connection = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db"), "extra": keys}
    monkeypatch.setenv("AIRFLOW_CONN_CARTAGE_LEDGER", json.dumps(connection))
    customers = Runtime("sfcc_netsuite", "customers", "customer")
    customers.ledger.migrate()
    run = customers.ledger.runs.open(
        integration="sfcc_netsuite",
        flow="customers",
        dag_id="sfcc_netsuite.customers",
        dag_run_id="one",
        run_type="manual",
        started_by=None,
        window=Window(None, datetime(2026, 1, 1, tzinfo=UTC)),
        selection=Selection(),
        settings_digest="0",
    )
    entry = Entry(0, "RefArch/1", "1", "validate", (Complaint("missing", "no e-mail"),), b"{}")
    customers.ledger.quarantine.put(run, "customers", "customer", [entry])
    held = customers.ledger.quarantine.open("sfcc_netsuite")[0]
    orders = Runtime("sfcc_netsuite", "orders", "order")
    with pytest.raises(SettingsError, match=rf"sfcc_netsuite\.orders has no quarantined record {held.id}, 99$"):
        list(reread(orders, Selection(quarantine=(held.id, 99))))
    assert customers.ledger.quarantine.open("sfcc_netsuite")[0].state == "open", "it waits where it was"
