"""Set-up against an Airflow whose connections people have made in its UI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from cartage.setup import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.usefixtures("airflow_database")
def test_the_ledgers_connection_is_found_where_people_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session

    monkeypatch.delenv("AIRFLOW_CONN_CARTAGE_LEDGER", raising=False)
    monkeypatch.delenv("_AIRFLOW_PROCESS_CONTEXT", raising=False)
    assert main() == 1
    assert "`cartage_ledger` isn't defined" in capsys.readouterr().err
    extra = json.dumps({"key": Fernet.generate_key().decode()})
    made = Connection("cartage_ledger", conn_type="sqlite", host=str(tmp_path / "ledger.db"), extra=extra)
    with create_session() as session:
        session.add(made)
    try:
        assert main() == 0, capsys.readouterr().err
    finally:
        with create_session() as session:
            session.query(Connection).filter(Connection.conn_id == "cartage_ledger").delete()
    assert (tmp_path / "ledger.db").exists()
