"""The ledger's tables for flows out of the ERP: tallies, bookings, proposals and feeds."""

from __future__ import annotations

import sqlalchemy as sa

from cartage.ledger.tables import ID, METADATA, TEXT, Instant

__all__ = ["METADATA", "bookings", "feeds", "proposal_rows", "proposals", "readings", "tallies"]

tallies = sa.Table(
    "tallies",
    METADATA,
    # Records that ended alike and of which nothing more is to be said: a million unchanged ones are a row a batch.
    sa.Column("run_id", ID, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    sa.Column("record", TEXT, primary_key=True),
    sa.Column("batch", sa.Integer, primary_key=True, autoincrement=False),
    # An outcome, or `extracted` for how many records the batch holds in all.
    sa.Column("outcome", TEXT, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

bookings = sa.Table(
    "bookings",
    METADATA,
    # Units that the shop sold, by the lines of its orders: what an allocation must leave room for.
    sa.Column("integration", TEXT, primary_key=True),
    sa.Column("site", TEXT, primary_key=True),
    sa.Column("order_no", TEXT, primary_key=True),
    sa.Column("line_id", TEXT, primary_key=True),
    sa.Column("list_id", TEXT, nullable=False),
    sa.Column("sku", TEXT, nullable=False),
    # Decimal texts: SQLite has no exact numbers.
    sa.Column("quantity", TEXT, nullable=False),
    sa.Column("booked_at", Instant, nullable=False),
    # When the shop marked the order exported, as far as it said so; null while it did not.
    sa.Column("exported_at", Instant),
    # The shop gave the units back: the order was cancelled or failed.
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.Column("version", TEXT),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Index(None, "integration", "list_id", "sku"),
    sa.Index(None, "integration", "booked_at"),
)

readings = sa.Table(
    "readings",
    METADATA,
    # How far a flow has read what the other system leaves: nothing that was left before is unknown.
    sa.Column("integration", TEXT, primary_key=True),
    sa.Column("flow", TEXT, primary_key=True),
    sa.Column("read_until", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
)

proposals = sa.Table(
    "proposals",
    METADATA,
    # What a guardrail held back until a person decides: rows of one list or book, in one run.
    sa.Column("id", ID, primary_key=True),
    sa.Column("integration", TEXT, nullable=False),
    sa.Column("flow", TEXT, nullable=False),
    sa.Column("record", TEXT, nullable=False),
    sa.Column("group", TEXT, nullable=False),
    # to_zero, price_move or first_feed
    sa.Column("guardrail", TEXT, nullable=False),
    sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    # What the person is shown: sums, shares, the limit that was passed.
    sa.Column("figures", sa.JSON, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    # The Airflow run that asks; null while nobody asked yet.
    sa.Column("asked_by", TEXT),
    sa.Column("asked_at", Instant),
    sa.Column("decided_at", Instant),
    sa.Column("decided_by", TEXT),
    sa.Column("note", TEXT),
    sa.CheckConstraint(
        "state IN ('open', 'approved', 'rejected', 'timed_out', 'superseded', 'sent')", name="state"
    ),
    sa.Index("ix_proposals_state", "integration", "flow", "state"),
)  # fmt: skip

proposal_rows = sa.Table(
    "proposal_rows",
    METADATA,
    sa.Column(
        "proposal_id", ID, sa.ForeignKey("proposals.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    sa.Column("key", TEXT, primary_key=True),
    sa.Column("before", TEXT),
    sa.Column("after", TEXT),
    sa.Column("hash", TEXT, nullable=False),
    sa.Index(None, "key"),
)

feeds = sa.Table(
    "feeds",
    METADATA,
    # Files that we write for another system, each known from before its upload until its import was read back.
    sa.Column("integration", TEXT, primary_key=True),
    sa.Column("flow", TEXT, primary_key=True),
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("hash", TEXT, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Column("path", TEXT, nullable=False),
    sa.Column("landed_uri", TEXT, nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("reason", TEXT),
    sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.CheckConstraint("state IN ('intended', 'sent', 'imported', 'refused')", name="state"),
    sa.Index(None, "run_id"),
)
