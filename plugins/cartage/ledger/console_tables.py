"""The ledger's tables for people who look for something: counts of runs, what records are found by, who did what."""

from __future__ import annotations

import sqlalchemy as sa

from cartage.ledger.outbound_tables import METADATA, bookings
from cartage.ledger.tables import ID, TEXT, Instant, documents, drops, runs

__all__ = ["METADATA", "actions", "run_counts", "terms"]

run_counts = sa.Table(
    "run_counts",
    METADATA,
    # How the records of a closed run ended: what adding up a million outcomes would say, and what is left of them
    # once retention has taken them.
    sa.Column("run_id", ID, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    sa.Column("record", TEXT, primary_key=True),
    # An outcome; `unaccounted` for records without one.
    sa.Column("outcome", TEXT, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

terms = sa.Table(
    "terms",
    METADATA,
    # What a record is found by besides its own number. The key is the whole row, so on SQLite it is the table itself.
    sa.Column("kind", TEXT, primary_key=True),
    # E-mail addresses and telephone numbers as keyed hashes; customer and tracking numbers as they are.
    sa.Column("term", TEXT, primary_key=True),
    sa.Column("integration", TEXT, primary_key=True),
    sa.Column("record", TEXT, primary_key=True),
    sa.Column("key", TEXT, primary_key=True),
    sqlite_with_rowid=False,
)

actions = sa.Table(
    "actions",
    METADATA,
    # What people did in the console; the rest stands in Airflow's own audit log.
    sa.Column("id", ID, primary_key=True),
    sa.Column("at", Instant, nullable=False),
    sa.Column("who", TEXT, nullable=False),
    sa.Column("what", TEXT, nullable=False),
    sa.Column("integration", TEXT, nullable=False),
    sa.Column("flow", TEXT),
    sa.Column("record", TEXT),
    sa.Column("key", TEXT),
    # What of: the id of an entry in quarantine, the name of a mapping.
    sa.Column("subject", TEXT),
    sa.Column("note", TEXT),
    sa.Index(None, "integration", "key"),
    sa.Index(None, "what", "subject"),
)

sa.Index("ix_runs_newest", runs.c.integration, runs.c.flow, runs.c.id)
sa.Index("ix_runs_opened_at", runs.c.opened_at)
sa.Index("ix_documents_internal_id", documents.c.internal_id)
sa.Index("ix_drops_run_id", drops.c.run_id)
sa.Index("ix_bookings_sku", bookings.c.sku, bookings.c.booked_at)
