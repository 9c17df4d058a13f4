"""Tables and columns of the flows out of the ERP: tallies, bookings, proposals, feeds, and what the shop was told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)
TOLD = (
    ("outcomes", "value", TEXT),
    ("outcomes", "as_of", INSTANT),
    ("records", "value", TEXT),
    ("records", "as_of", INSTANT),
)


def upgrade() -> None:
    """Make them."""
    for table, name, kind in TOLD:
        op.add_column(table, sa.Column(name, kind, nullable=True))
    _tallies()
    _bookings()
    _readings()
    _proposals()
    _feeds()


def _tallies() -> None:
    op.create_table(
        "tallies",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_tallies_run_id")),
        sa.PrimaryKeyConstraint("run_id", "record", "batch", "outcome", name=op.f("pk_tallies")),
    )


def _bookings() -> None:
    op.create_table(
        "bookings",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("site", TEXT, nullable=False),
        sa.Column("order_no", TEXT, nullable=False),
        sa.Column("line_id", TEXT, nullable=False),
        sa.Column("list_id", TEXT, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("quantity", TEXT, nullable=False),
        sa.Column("booked_at", INSTANT, nullable=False),
        sa.Column("exported_at", INSTANT, nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "site", "order_no", "line_id", name=op.f("pk_bookings")),
    )
    op.create_index(op.f("ix_bookings_integration_list_id_sku"), "bookings", ["integration", "list_id", "sku"])
    op.create_index(op.f("ix_bookings_integration_booked_at"), "bookings", ["integration", "booked_at"])


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("flow", TEXT, nullable=False),
        sa.Column("read_until", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("integration", "flow", name=op.f("pk_readings")),
    )


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", ID, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("flow", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("group", TEXT, nullable=False),
        sa.Column("guardrail", TEXT, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("asked_by", TEXT, nullable=True),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'rejected', 'timed_out', 'superseded', 'sent')",
            name=op.f("ck_proposals_state"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_proposals_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    op.create_index("ix_proposals_state", "proposals", ["integration", "flow", "state"])
    op.create_table(
        "proposal_rows",
        sa.Column("proposal_id", ID, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("before", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=True),
        sa.Column("hash", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_rows_proposal_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("proposal_id", "key", name=op.f("pk_proposal_rows")),
    )
    op.create_index(op.f("ix_proposal_rows_key"), "proposal_rows", ["key"])


def _feeds() -> None:
    op.create_table(
        "feeds",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("flow", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("landed_uri", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("state IN ('intended', 'sent', 'imported', 'refused')", name=op.f("ck_feeds_state")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_feeds_run_id")),
        sa.PrimaryKeyConstraint("integration", "flow", "name", name=op.f("pk_feeds")),
    )
    op.create_index(op.f("ix_feeds_run_id"), "feeds", ["run_id"])


def downgrade() -> None:
    """Drop them."""
    for name in ("feeds", "proposal_rows", "proposals", "readings", "bookings", "tallies"):
        op.drop_table(name)
    for table, name, _ in reversed(TOLD):
        op.drop_column(table, name)
