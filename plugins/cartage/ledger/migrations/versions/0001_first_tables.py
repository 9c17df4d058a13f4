"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
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
        op.f("ix_cross_references_integration_kind_erp_id"),
        "cross_references",
        ["integration", "kind", "erp_id"],
        unique=False,
    )
    op.create_table(
        "revisions",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("parent", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("kind", "name", "parent", name=op.f("uq_revisions_kind_name_parent")),
    )
    op.create_table(
        "runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("flow", TEXT, nullable=False),
        sa.Column("dag_id", TEXT, nullable=False),
        sa.Column("dag_run_id", TEXT, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("run_type", TEXT, nullable=False),
        sa.Column("started_by", TEXT, nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("selection", sa.JSON(), nullable=False),
        sa.Column("limited", sa.Boolean(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("settings_digest", TEXT, nullable=False),
        sa.Column("settings_revision", sa.BigInteger(), nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('open', 'settled', 'failed')", name=op.f("ck_runs_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("dag_id", "dag_run_id", "attempt", name=op.f("uq_runs_dag_id_dag_run_id_attempt")),
    )
    op.create_index("ix_runs_flow", "runs", ["integration", "flow", "state", "until"], unique=False)
    op.create_index(
        "uq_runs_open",
        "runs",
        ["dag_id", "dag_run_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "attempts",
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("system", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=True),
        sa.Column("folded_id", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column("key", TEXT, nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("method", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("request", TEXT, nullable=True),
        sa.Column("answer", TEXT, nullable=True),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("error_code", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_attempts_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_kind_key"), "attempts", ["kind", "key"], unique=False)
    op.create_index(op.f("ix_attempts_run_id"), "attempts", ["run_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("system", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("folded_id", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("internal_id", TEXT, nullable=True),
        sa.Column("number", TEXT, nullable=True),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("hash", TEXT, nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("complaints", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("done_run_id", ID, nullable=True),
        sa.Column("done_hash", TEXT, nullable=True),
        sa.Column("holder_run_id", ID, nullable=True),
        sa.Column("holder", TEXT, nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["done_run_id"], ["runs.id"], name=op.f("fk_documents_done_run_id")),
        sa.ForeignKeyConstraint(["holder_run_id"], ["runs.id"], name=op.f("fk_documents_holder_run_id")),
        sa.PrimaryKeyConstraint("integration", "system", "type", "folded_id", name=op.f("pk_documents")),
    )
    op.create_index(op.f("ix_documents_kind_key"), "documents", ["kind", "key"], unique=False)
    op.create_index(op.f("ix_documents_number"), "documents", ["number"], unique=False)
    op.create_table(
        "drops",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("flow", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("site", TEXT, nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("landed_uri", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_drops_run_id")),
        sa.PrimaryKeyConstraint("integration", "flow", "hash", "path", name=op.f("pk_drops")),
    )
    op.create_index(
        op.f("ix_drops_integration_flow_landed_at"), "drops", ["integration", "flow", "landed_at"], unique=False
    )
    op.create_table(
        "intents",
        sa.Column("id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("system", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("folded_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("internal_id", TEXT, nullable=True),
        sa.Column("complaints", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_intents_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
    )
    op.create_index(op.f("ix_intents_kind_key"), "intents", ["kind", "key"], unique=False)
    op.create_index(op.f("ix_intents_run_id_type_folded_id"), "intents", ["run_id", "type", "folded_id"], unique=False)
    op.create_table(
        "outcomes",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("hash", TEXT, nullable=True),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("code", TEXT, nullable=True),
        sa.Column("complaints", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("target_id", TEXT, nullable=True),
        sa.Column("extracted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_outcomes_run_id")),
        sa.PrimaryKeyConstraint("run_id", "record", "row", name=op.f("pk_outcomes")),
    )
    op.create_index(op.f("ix_outcomes_key_run_id"), "outcomes", ["key", "run_id"], unique=False)
    op.create_table(
        "plans",
        sa.Column("run_id", ID, autoincrement=False, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("external_id", TEXT, nullable=False),
        sa.Column("row", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("complaints", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_plans_run_id")),
        sa.PrimaryKeyConstraint("run_id", "type", "external_id", "row", name=op.f("pk_plans")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", ID, nullable=False),
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("flow", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=True),
        sa.Column("complaints", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("form", TEXT, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", TEXT, nullable=True),
        sa.Column("ended_why", TEXT, nullable=True),
        sa.CheckConstraint("state IN ('open', 'retrying', 'resolved', 'dismissed')", name=op.f("ck_quarantine_state")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_quarantine_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_key"), "quarantine", ["key"], unique=False)
    op.create_index("ix_quarantine_state", "quarantine", ["integration", "flow", "state"], unique=False)
    op.create_index(
        "uq_quarantine_live",
        "quarantine",
        ["integration", "flow", "record", "key"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'retrying')"),
        postgresql_where=sa.text("state IN ('open', 'retrying')"),
    )
    op.create_table(
        "records",
        sa.Column("integration", TEXT, nullable=False),
        sa.Column("record", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("site", TEXT, nullable=True),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("seen_version", TEXT, nullable=True),
        sa.Column("hash", TEXT, nullable=True),
        sa.Column("target_id", TEXT, nullable=True),
        sa.Column("target_number", TEXT, nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("code", TEXT, nullable=True),
        sa.Column("complaints", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_records_run_id")),
        sa.PrimaryKeyConstraint("integration", "record", "key", name=op.f("pk_records")),
    )
    op.create_index(
        op.f("ix_records_integration_record_outcome_code"),
        "records",
        ["integration", "record", "outcome", "code"],
        unique=False,
    )
    op.create_index(
        op.f("ix_records_integration_record_site_first_at"),
        "records",
        ["integration", "record", "site", "first_at"],
        unique=False,
    )
    op.create_index(op.f("ix_records_number"), "records", ["number"], unique=False)
    op.create_table(
        "quarantine_lookups",
        sa.Column("quarantine_id", ID, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["quarantine_id"], ["quarantine.id"], name=op.f("fk_quarantine_lookups_quarantine_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("quarantine_id", "digest", name=op.f("pk_quarantine_lookups")),
    )
    op.create_index(op.f("ix_quarantine_lookups_digest"), "quarantine_lookups", ["digest"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_quarantine_lookups_digest"), table_name="quarantine_lookups")
    op.drop_table("quarantine_lookups")
    op.drop_index(op.f("ix_records_number"), table_name="records")
    op.drop_index(op.f("ix_records_integration_record_site_first_at"), table_name="records")
    op.drop_index(op.f("ix_records_integration_record_outcome_code"), table_name="records")
    op.drop_table("records")
    op.drop_index(
        "uq_quarantine_live",
        table_name="quarantine",
        sqlite_where=sa.text("state IN ('open', 'retrying')"),
        postgresql_where=sa.text("state IN ('open', 'retrying')"),
    )
    op.drop_index("ix_quarantine_state", table_name="quarantine")
    op.drop_index(op.f("ix_quarantine_key"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_table("plans")
    op.drop_index(op.f("ix_outcomes_key_run_id"), table_name="outcomes")
    op.drop_table("outcomes")
    op.drop_index(op.f("ix_intents_run_id_type_folded_id"), table_name="intents")
    op.drop_index(op.f("ix_intents_kind_key"), table_name="intents")
    op.drop_table("intents")
    op.drop_index(op.f("ix_drops_integration_flow_landed_at"), table_name="drops")
    op.drop_table("drops")
    op.drop_index(op.f("ix_documents_number"), table_name="documents")
    op.drop_index(op.f("ix_documents_kind_key"), table_name="documents")
    op.drop_table("documents")
    op.drop_index(op.f("ix_attempts_run_id"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_kind_key"), table_name="attempts")
    op.drop_table("attempts")
    op.drop_index(
        "uq_runs_open",
        table_name="runs",
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_index("ix_runs_flow", table_name="runs")
    op.drop_table("runs")
    op.drop_table("revisions")
    op.drop_index(op.f("ix_cross_references_integration_kind_erp_id"), table_name="cross_references")
    op.drop_table("cross_references")
