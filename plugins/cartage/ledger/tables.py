"""The ledger's tables. `migrations/` builds them; a test holds the two together.

Plain tables rather than mapped classes: the ledger writes thousands of rows at a time and reads
whole answers, so there is no object whose changes would be worth following.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment: aware on both sides, UTC in the database. SQLite keeps no zone, so it is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC.

        Raises:
            ValueError: the moment has no zone, so nobody knows which moment it is.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone was given to the ledger: make it aware, in UTC")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the moment aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A number that the database counts up: SQLite does that only for INTEGER."""

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text in the order of its code points on both databases: versions are compared, here and in Python."""

COMPLAINTS = sa.JSON(none_as_null=True)
"""Reasons as a list of ``{"code": …, "message": …, "field": …}``."""

LIVE_QUARANTINE = "state IN ('open', 'retrying')"


def _run(*, nullable: bool = False) -> sa.Column[int]:
    return sa.Column("run_id", ID, sa.ForeignKey("runs.id"), nullable=nullable)


runs = sa.Table(
    "runs",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("integration", TEXT, nullable=False),
    sa.Column("flow", TEXT, nullable=False),
    sa.Column("dag_id", TEXT, nullable=False),
    sa.Column("dag_run_id", TEXT, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),
    sa.Column("run_type", TEXT, nullable=False),
    sa.Column("started_by", TEXT),
    sa.Column("since", Instant),
    sa.Column("until", Instant, nullable=False),
    sa.Column("selection", sa.JSON, nullable=False),
    sa.Column("limited", sa.Boolean, nullable=False),
    sa.Column("dry_run", sa.Boolean, nullable=False),
    sa.Column("settings_digest", TEXT, nullable=False),
    sa.Column("settings_revision", sa.BigInteger),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("note", TEXT),
    # What it found as a whole, a list of texts: `note` says only why it failed.
    sa.Column("findings", sa.JSON(none_as_null=True)),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("closed_at", Instant),
    sa.UniqueConstraint("dag_id", "dag_run_id", "attempt"),
    sa.CheckConstraint("state IN ('open', 'settled', 'failed')", name="state"),
    sa.Index("ix_runs_flow", "integration", "flow", "state", "until"),
    # At most one open attempt of a DAG run, whoever races to open it.
    sa.Index(
        "uq_runs_open", "dag_id", "dag_run_id", unique=True,
        sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
    ),
)  # fmt: skip

outcomes = sa.Table(
    "outcomes",
    METADATA,
    sa.Column("run_id", ID, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    sa.Column("record", TEXT, primary_key=True),
    sa.Column("row", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", TEXT, nullable=False),
    sa.Column("version", TEXT),
    sa.Column("hash", TEXT),
    sa.Column("batch", sa.Integer, nullable=False),
    sa.Column("outcome", TEXT),
    sa.Column("code", TEXT),
    sa.Column("complaints", COMPLAINTS),
    sa.Column("target_id", TEXT),
    # What the checks noted of a record that goes on; its outcome's own reasons are `complaints`.
    sa.Column("warnings", COMPLAINTS),
    # Of feeds: what the target will be told, and the moment that is true for.
    sa.Column("value", TEXT),
    sa.Column("as_of", Instant),
    sa.Column("extracted_at", Instant, nullable=False),
    sa.Column("decided_at", Instant),
    sa.Index(None, "key", "run_id"),
)

records = sa.Table(
    "records",
    METADATA,
    sa.Column("integration", TEXT, primary_key=True),
    sa.Column("record", TEXT, primary_key=True),
    sa.Column("key", TEXT, primary_key=True),
    sa.Column("site", TEXT),
    sa.Column("number", TEXT, nullable=False),
    sa.Column("version", TEXT),
    sa.Column("seen_version", TEXT),
    sa.Column("hash", TEXT),
    sa.Column("target_id", TEXT),
    sa.Column("target_number", TEXT),
    sa.Column("outcome", TEXT),
    sa.Column("code", TEXT),
    sa.Column("complaints", COMPLAINTS),
    # Of feeds: what the target was last told, and the moment that was true for.
    sa.Column("value", TEXT),
    sa.Column("as_of", Instant),
    _run(),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Index(None, "number"),
    sa.Index(None, "integration", "record", "site", "first_at"),
    sa.Index(None, "integration", "record", "outcome", "code"),
)

documents = sa.Table(
    "documents",
    METADATA,
    sa.Column("integration", TEXT, primary_key=True),
    sa.Column("system", TEXT, primary_key=True),
    sa.Column("type", TEXT, primary_key=True),
    # The external id in lower case: NetSuite takes `A` and `a` for the same id.
    sa.Column("folded_id", TEXT, primary_key=True),
    sa.Column("external_id", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("key", TEXT, nullable=False),
    # What the target has.
    sa.Column("internal_id", TEXT),
    sa.Column("number", TEXT),
    sa.Column("version", TEXT),
    sa.Column("hash", TEXT),
    # How the last write ended.
    sa.Column("outcome", TEXT),
    sa.Column("complaints", COMPLAINTS),
    sa.Column("done_run_id", ID, sa.ForeignKey("runs.id")),
    sa.Column("done_hash", TEXT),
    # Who may write it now, and whether a write was begun whose end nobody noted.
    sa.Column("holder_run_id", ID, sa.ForeignKey("runs.id")),
    sa.Column("holder", TEXT),
    sa.Column("leased_until", Instant),
    sa.Column("pending", sa.Boolean, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Index(None, "kind", "key"),
    sa.Index(None, "number"),
)

intents = sa.Table(
    "intents",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    _run(),
    sa.Column("system", TEXT, nullable=False),
    sa.Column("type", TEXT, nullable=False),
    sa.Column("folded_id", TEXT, nullable=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("key", TEXT, nullable=False),
    sa.Column("version", TEXT, nullable=False),
    sa.Column("hash", TEXT, nullable=False),
    sa.Column("began_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    # A DocumentOutcome, or `released`; null while under way, or when its process died.
    sa.Column("outcome", TEXT),
    sa.Column("internal_id", TEXT),
    sa.Column("complaints", COMPLAINTS),
    sa.Index(None, "run_id", "type", "folded_id"),
    sa.Index(None, "kind", "key"),
)

attempts = sa.Table(
    "attempts",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    _run(),
    sa.Column("system", TEXT, nullable=False),
    sa.Column("type", TEXT),
    sa.Column("folded_id", TEXT),
    sa.Column("kind", TEXT),
    sa.Column("key", TEXT),
    sa.Column("at", Instant, nullable=False),
    sa.Column("method", TEXT, nullable=False),
    sa.Column("path", TEXT, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("request", TEXT),
    sa.Column("answer", TEXT),
    sa.Column("milliseconds", sa.Integer, nullable=False),
    sa.Column("error_code", TEXT),
    sa.Index(None, "run_id"),
    sa.Index(None, "kind", "key"),
)

quarantine = sa.Table(
    "quarantine",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("integration", TEXT, nullable=False),
    sa.Column("flow", TEXT, nullable=False),
    sa.Column("record", TEXT, nullable=False),
    sa.Column("key", TEXT, nullable=False),
    _run(),
    sa.Column("row", sa.BigInteger, nullable=False),
    sa.Column("version", TEXT),
    sa.Column("stage", TEXT, nullable=False),
    sa.Column("code", TEXT),
    sa.Column("complaints", COMPLAINTS, nullable=False),
    sa.Column("form", TEXT, nullable=False),
    sa.Column("payload", sa.LargeBinary),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("first_at", Instant, nullable=False),
    sa.Column("last_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("ended_by", TEXT),
    sa.Column("ended_why", TEXT),
    sa.CheckConstraint("state IN ('open', 'retrying', 'resolved', 'dismissed')", name="state"),
    # One live entry a record: a second failure counts a try instead of piling up.
    sa.Index(
        "uq_quarantine_live", "integration", "flow", "record", "key", unique=True,
        sqlite_where=sa.text(LIVE_QUARANTINE), postgresql_where=sa.text(LIVE_QUARANTINE),
    ),
    sa.Index("ix_quarantine_state", "integration", "flow", "state"),
    sa.Index(None, "key"),
)  # fmt: skip

quarantine_lookups = sa.Table(
    "quarantine_lookups",
    METADATA,
    sa.Column(
        "quarantine_id", ID, sa.ForeignKey("quarantine.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    # HMAC-SHA256 of ``kind:value``: found by who has the value and the key, read by nobody.
    sa.Column("digest", TEXT, primary_key=True),
    sa.Index(None, "digest"),
)

drops = sa.Table(
    "drops",
    METADATA,
    sa.Column("integration", TEXT, primary_key=True),
    sa.Column("flow", TEXT, primary_key=True),
    sa.Column("hash", TEXT, primary_key=True),
    sa.Column("path", TEXT, primary_key=True),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("site", TEXT, nullable=False),
    sa.Column("exported_at", Instant),
    sa.Column("landed_at", Instant, nullable=False),
    sa.Column("landed_uri", TEXT, nullable=False),
    sa.Column("state", TEXT, nullable=False),
    sa.Column("reason", TEXT),
    _run(),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Index(None, "integration", "flow", "landed_at"),
)

plans = sa.Table(
    "plans",
    METADATA,
    sa.Column("run_id", ID, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    sa.Column("type", TEXT, primary_key=True),
    sa.Column("external_id", TEXT, primary_key=True),
    sa.Column("row", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("key", TEXT, nullable=False),
    sa.Column("version", TEXT, nullable=False),
    sa.Column("hash", TEXT, nullable=False),
    sa.Column("action", TEXT, nullable=False),
    sa.Column("complaints", COMPLAINTS),
    # Body and changes, encrypted: a dry run's body is the customer's data in full.
    sa.Column("sealed", sa.LargeBinary, nullable=False),
)

revisions = sa.Table(
    "revisions",
    METADATA,
    sa.Column("id", ID, primary_key=True),
    sa.Column("kind", TEXT, nullable=False),
    sa.Column("name", TEXT, nullable=False),
    sa.Column("body", TEXT, nullable=False),
    sa.Column("author", TEXT, nullable=False),
    sa.Column("note", TEXT),
    sa.Column("created_at", Instant, nullable=False),
    # 0 for the first. Unique with kind and name: two edits of one parent cannot both be saved.
    sa.Column("parent", ID, nullable=False),
    sa.UniqueConstraint("kind", "name", "parent"),
)
