"""The table of what each expectation found in each run, and an index of what was held back and has ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "run_expectations",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("evaluated", sa.BigInteger(), nullable=False),
        sa.Column("failing_rows", sa.BigInteger(), nullable=False),
        sa.Column("failing_records", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_expectations_run_id")),
        sa.PrimaryKeyConstraint("run_id", "name", name=op.f("pk_run_expectations")),
    )
    op.create_index("ix_quarantine_newest", "quarantine", ["last_at", "id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_quarantine_newest", "quarantine")
    op.drop_table("run_expectations")
