"""The ledger's table of quality: what each expectation found in each run."""

from __future__ import annotations

import sqlalchemy as sa

from cartage.ledger.mending_tables import METADATA
from cartage.ledger.tables import ID, TEXT

__all__ = ["METADATA", "run_expectations"]

run_expectations = sa.Table(
    "run_expectations",
    METADATA,
    # Counts and the rule's name; which record failed stands with the record, never here.
    sa.Column("run_id", ID, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    sa.Column("name", TEXT, primary_key=True),
    sa.Column("severity", TEXT, nullable=False),
    sa.Column("evaluated", sa.BigInteger, nullable=False),
    sa.Column("failing_rows", sa.BigInteger, nullable=False),
    sa.Column("failing_records", sa.BigInteger, nullable=False),
)
