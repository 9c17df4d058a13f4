"""Without the table of cross-references, which nothing ever filled: `documents` holds both names of whatever was written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_cross_references_integration_kind_erp_id"), table_name="cross_references")
    op.drop_table("cross_references")


def downgrade() -> None:
    """Make it, empty as it was."""
    op.create_table(
        "cross_references",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("shop_id", TEXT, nullable=False),
        sa.Column("erp_id", TEXT, nullable=False),
        sa.Column("erp_number", TEXT, nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("integration", "kind", "shop_id", name=op.f("pk_cross_references")),
    )
    op.create_index(
        op.f("ix_cross_references_integration_kind_erp_id"), "cross_references", ["integration", "kind", "erp_id"]
    )
