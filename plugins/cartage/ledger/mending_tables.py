"""The ledger's tables for mending: who looks after a record held back, its tags, and what people changed in it."""

from __future__ import annotations

import sqlalchemy as sa

from cartage.ledger.console_tables import METADATA
from cartage.ledger.tables import ID, LIVE_QUARANTINE, TEXT, Instant, quarantine

__all__ = ["METADATA", "quarantine_assignees", "quarantine_tags", "quarantine_versions"]


def _entry(*, key: bool) -> sa.Column[int]:
    entry = sa.ForeignKey("quarantine.id", ondelete="CASCADE")
    return sa.Column("quarantine_id", ID, entry, primary_key=key, autoincrement=False, nullable=False)


quarantine_assignees = sa.Table(
    "quarantine_assignees",
    METADATA,
    _entry(key=True),
    sa.Column("assignee", TEXT, nullable=False),
    sa.Index(None, "assignee"),
)

quarantine_tags = sa.Table(
    "quarantine_tags",
    METADATA,
    _entry(key=True),
    sa.Column("tag", TEXT, primary_key=True),
    sa.Index(None, "tag"),
)

quarantine_versions = sa.Table(
    "quarantine_versions",
    METADATA,
    # Each version of a record that a person changed, the one that was read among them.
    sa.Column("id", ID, primary_key=True),
    _entry(key=False),
    sa.Column("at", Instant, nullable=False),
    # Null: as it was read.
    sa.Column("who", TEXT),
    sa.Column("note", TEXT),
    # Encrypted; null after retention.
    sa.Column("payload", sa.LargeBinary),
    sa.Index(None, "quarantine_id"),
)

for _name, _columns in (
    ("ix_quarantine_live_newest", (quarantine.c.last_at, quarantine.c.id)),
    (
        "ix_quarantine_live_code",
        (quarantine.c.integration, quarantine.c.flow, quarantine.c.record, quarantine.c.code, quarantine.c.last_at),
    ),
):
    sa.Index(_name, *_columns, sqlite_where=sa.text(LIVE_QUARANTINE), postgresql_where=sa.text(LIVE_QUARANTINE))

# What has ended is many times what is held back: its newest are found by this. An index that begins with the state
# would be taken in the place of the partial ones.
sa.Index("ix_quarantine_newest", quarantine.c.last_at, quarantine.c.id)
