"""Alembic's entry point. `migrating.migrate` calls it with an open connection; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from cartage.ledger.quality_tables import METADATA

connection = context.config.attributes["connection"]
# SQLite cannot alter a column in place: Alembic rebuilds the table instead.
context.configure(
    connection=connection,
    target_metadata=METADATA,
    version_table="ledger_version",
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
