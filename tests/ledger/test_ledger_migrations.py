from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from cartage.errors import SettingsError
from cartage.ledger import Ledger
from cartage.ledger.engine import Database
from cartage.ledger.migrating import VERSION_TABLE, downgrade, migrate
from cartage.ledger.tables import METADATA

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "mK3xT0G0gqb7m0R3X1wq2m5y0m9n2k1J8d7c6b5a4Z0="


def test_the_migrations_make_exactly_the_tables(url: str) -> None:
    database = Database(url)
    migrate(database)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
        constraints = {
            name: {each["name"] for each in sa.inspect(connection).get_check_constraints(name)}
            for name in ("runs", "quarantine")
        }
    assert constraints == {"runs": {"ck_runs_state"}, "quarantine": {"ck_quarantine_state"}}
    database.close()


def test_down_and_up_again(url: str) -> None:
    database = Database(url)
    migrate(database)
    downgrade(database, "base")
    with database.read() as connection:
        assert set(sa.inspect(connection).get_table_names()) == {VERSION_TABLE}
    migrate(database)
    migrate(database)
    with database.read() as connection:
        assert set(METADATA.tables) < set(sa.inspect(connection).get_table_names())
    database.close()


def test_a_ledger_without_tables_says_what_to_do(url: str) -> None:
    ledger = Ledger.open(url, KEY)
    with pytest.raises(SettingsError, match=r"run Ledger\.migrate"):
        ledger.runs.recent("shop_erp")
    ledger.close()


def test_one_open_attempt_a_dag_run_is_held_by_the_database_itself(
    ledger: Ledger, url: str, start: Callable[..., int]
) -> None:
    start("same")
    database = Database(url)
    copied = sa.text(
        "INSERT INTO runs (integration, flow, dag_id, dag_run_id, attempt, run_type, until, selection, limited, "
        "dry_run, settings_digest, state, opened_at) SELECT integration, flow, dag_id, dag_run_id, 2, run_type, until, "
        "selection, limited, dry_run, settings_digest, state, opened_at FROM runs"
    )
    with pytest.raises(sa.exc.IntegrityError), database.write() as connection:
        connection.execute(copied)
    assert len(ledger.runs.recent("shop_erp")) == 1
    database.close()
