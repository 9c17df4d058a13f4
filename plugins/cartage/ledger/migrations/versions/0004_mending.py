"""Tables and indexes of mending: who looks after a record held back, its tags, what people changed in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)

LIVE = sa.text("state IN ('open', 'retrying')")
INDEXES = (
    ("ix_quarantine_live_newest", ["last_at", "id"]),
    ("ix_quarantine_live_code", ["integration", "flow", "record", "code", "last_at"]),
)


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "quarantine_assignees",
        sa.Column("quarantine_id", ID, autoincrement=False, nullable=False),
        sa.Column("assignee", TEXT, nullable=False),
        _entry("quarantine_assignees"),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_quarantine_assignees")),
    )
    op.create_index(op.f("ix_quarantine_assignees_assignee"), "quarantine_assignees", ["assignee"])
    op.create_table(
        "quarantine_tags",
        sa.Column("quarantine_id", ID, autoincrement=False, nullable=False),
        sa.Column("tag", TEXT, nullable=False),
        _entry("quarantine_tags"),
        sa.PrimaryKeyConstraint("quarantine_id", "tag", name=op.f("pk_quarantine_tags")),
    )
    op.create_index(op.f("ix_quarantine_tags_tag"), "quarantine_tags", ["tag"])
    op.create_table(
        "quarantine_versions",
        sa.Column("id", ID, nullable=False),
        sa.Column("quarantine_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("who", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        _entry("quarantine_versions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine_versions")),
    )
    op.create_index(op.f("ix_quarantine_versions_quarantine_id"), "quarantine_versions", ["quarantine_id"])
    for name, columns in INDEXES:
        op.create_index(name, "quarantine", columns, sqlite_where=LIVE, postgresql_where=LIVE)


def _entry(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["quarantine_id"], ["quarantine.id"], name=op.f(f"fk_{table}_quarantine_id"), ondelete="CASCADE"
    )


def downgrade() -> None:
    """Drop them."""
    for name, _ in reversed(INDEXES):
        op.drop_index(name, "quarantine")
    for table in ("quarantine_versions", "quarantine_tags", "quarantine_assignees"):
        op.drop_table(table)
