"""Tables and indexes of the console: counts of runs, what records are found by, what people did."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

INDEXES = (
    ("ix_runs_newest", "runs", ["integration", "flow", "id"]),
    ("ix_runs_opened_at", "runs", ["opened_at"]),
    ("ix_documents_internal_id", "documents", ["internal_id"]),
    ("ix_drops_run_id", "drops", ["run_id"]),
    ("ix_bookings_sku", "bookings", ["sku", "booked_at"]),
)

COUNTS = """
INSERT INTO run_counts (run_id, record, outcome, count)
SELECT run_id, record, outcome, sum(count) FROM (
    SELECT o.run_id, o.record, coalesce(o.outcome, 'unaccounted') AS outcome, count(*) AS count
    FROM outcomes o JOIN runs r ON r.id = o.run_id
    WHERE r.state <> 'open'
      AND (o.outcome IS NOT NULL OR NOT EXISTS (
          SELECT 1 FROM tallies t WHERE t.run_id = o.run_id AND t.record = o.record AND t.outcome = 'extracted'))
    GROUP BY o.run_id, o.record, o.outcome
    UNION ALL
    SELECT t.run_id, t.record, t.outcome, sum(t.count)
    FROM tallies t JOIN runs r ON r.id = t.run_id
    WHERE r.state <> 'open' AND t.outcome <> 'extracted'
    GROUP BY t.run_id, t.record, t.outcome
) counted GROUP BY run_id, record, outcome HAVING sum(count) > 0
"""
"""Counts of the runs that were closed before there was a table for them."""


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "run_counts",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_counts_run_id")),
        sa.PrimaryKeyConstraint("run_id", "record", "outcome", name=op.f("pk_run_counts")),
    )
    op.create_table(
        "terms",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("term", TEXT, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "term", "integration", "record", "key", name=op.f("pk_terms")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "actions",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("what", TEXT, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("flow", TEXT, nullable=True),
        sa.Column("record", TEXT, nullable=True),
        sa.Column("key", TEXT, nullable=True),
        sa.Column("subject", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
    )
    op.create_index(op.f("ix_actions_integration_key"), "actions", ["integration", "key"])
    op.create_index(op.f("ix_actions_what_subject"), "actions", ["what", "subject"])
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    op.execute(COUNTS)


def downgrade() -> None:
    """Drop them."""
    for name, table, _ in reversed(INDEXES):
        op.drop_index(name, table)
    for table in ("actions", "terms", "run_counts"):
        op.drop_table(table)
