"""Brings a ledger's tables up to this version of Cartage, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cartage.ledger.engine import Database

VERSION_TABLE = "ledger_version"
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x43415254
"""Number of the advisory lock on PostgreSQL: "CART"."""


def migrate(database: Database, revision: str = "head") -> None:
    """Upgrade the tables, all or nothing; of several processes at once the first does it.

    Args:
        database: the ledger's.
        revision: an Alembic revision, `head` for this version's.
    """
    with database.write() as connection:
        command.upgrade(_config(database, connection), revision)


def downgrade(database: Database, revision: str) -> None:
    """Take the tables back to a revision; `base` drops them all, with what they hold."""
    with database.write() as connection:
        command.downgrade(_config(database, connection), revision)


def _config(database: Database, connection: Connection) -> Config:
    if database.dialect == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
