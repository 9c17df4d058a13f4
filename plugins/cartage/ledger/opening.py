"""The ledger itself, and how it is opened from an Airflow connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.engine import URL

from cartage.errors import SettingsError
from cartage.ledger import migrating, retention
from cartage.ledger.actions import Actions
from cartage.ledger.bookings import Bookings
from cartage.ledger.copies import Copies
from cartage.ledger.drops import Drops
from cartage.ledger.engine import Database
from cartage.ledger.expectations import Expectations
from cartage.ledger.feeds import Feeds
from cartage.ledger.journal import LEASE, DocumentJournal
from cartage.ledger.keys import Keyring
from cartage.ledger.memory import LedgerMemory
from cartage.ledger.mending import Mending
from cartage.ledger.outcomes import Outcomes
from cartage.ledger.overview import Overview
from cartage.ledger.plans import Plans
from cartage.ledger.proposals import Proposals
from cartage.ledger.quarantine import Quarantine
from cartage.ledger.revisions import Revisions
from cartage.ledger.runs import Runs
from cartage.ledger.samples import Samples
from cartage.ledger.searching import Searching
from cartage.ledger.storytelling import Storytelling
from cartage.ledger.tallies import Tallies
from cartage.ledger.terms import Terms
from cartage.ledger.untelling import untell
from cartage.ledger.worklist import Worklist

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from cartage.seams import Late, Overdue


class Ledger:
    """The database of what happened to every record.

    Attributes:
        runs: what was started, and how it ended.
        outcomes: the accounting identity, and what was last applied of each record.
        tallies: how many records ended alike, where a row each would say nothing more.
        bookings: units that the shop sold, by the lines of its orders.
        copies: what a run read more than once.
        quarantine: records held back.
        plans: what dry runs would have sent.
        proposals: what guardrails held back, and who decided.
        revisions: settings and mappings changed without a deploy.
        overview: how flows stand and how fresh they are, their runs with their counts, sites that went silent.
        terms: what records are found by besides their numbers.
        searching: finds records by anything that names them.
        stories: all that happened to a record, in all flows.
        actions: what people did in the console.
        expectations: what each expectation found in each run.
        samples: where recent records lie.
        worklist: what is held back, by reason and by whoever looks after it.
        mending: changes what is held back, and keeps all versions.
    """

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self.runs = Runs(database)
        self.outcomes = Outcomes(database)
        self.tallies = Tallies(database)
        self.bookings = Bookings(database)
        self.copies = Copies(database, self.outcomes)
        self.quarantine = Quarantine(database, keyring)
        self.plans = Plans(database, keyring)
        self.proposals = Proposals(database)
        self.revisions = Revisions(database)
        self.overview = Overview(database)
        self.terms = Terms(database, keyring)
        self.searching = Searching(database)
        self.stories = Storytelling(database)
        self.actions = Actions(database)
        self.expectations = Expectations(database)
        self.samples = Samples(database)
        self.worklist = Worklist(database)
        self.mending = Mending(database, keyring)

    @classmethod
    def open(cls, url: str | URL, key: str, *, hash_key: str | None = None) -> Ledger:
        """Open a ledger; nothing is connected to before the first question.

        Args:
            url: ``sqlite:////path/ledger.db`` or ``postgresql://user:password@host/name``.
            key: a Fernet key, or several separated by commas, newest first.
            hash_key: secret of the keyed hashes; None derives it from the last key.

        Raises:
            SettingsError: the URL or a key is not usable.
        """
        return cls(Database(url), Keyring(key, hash_key))

    @classmethod
    def from_connection(cls, conn_id: str = "cartage_ledger") -> Ledger:
        """Open the ledger that an Airflow connection names.

        The connection's type is `sqlite` (host: path of the file) or `postgres`; its extra holds
        `key` and, recommended, `hash_key`, and for PostgreSQL perhaps `sslmode` and the like.

        Raises:
            SettingsError: the connection's type or keys are not usable.
        """
        from airflow.sdk import Connection

        connection = Connection.get(conn_id)
        extra = dict(connection.extra_dejson)
        key, hash_key = extra.pop("key", None), extra.pop("hash_key", None)
        if not key:
            raise SettingsError(
                f"The connection {conn_id} has no `key` in its extra: put a Fernet key there, made by "
                "cryptography.fernet.Fernet.generate_key()."
            )
        return cls.open(_url(conn_id, connection, extra), key, hash_key=hash_key)

    def migrate(self) -> None:
        """Bring the tables up to this version; on an empty database, make them."""
        migrating.migrate(self._database)

    def journal(
        self, run_id: int, integration: str, system: str, *, holder: str = "", lease: timedelta = LEASE
    ) -> DocumentJournal:
        """Give the `Journal` through which one part of a run writes to one target; see `DocumentJournal`."""
        return DocumentJournal(self._database, run_id, integration, system, holder=holder, lease=lease)

    def drops(self, integration: str, flow: str, run_id: int) -> Drops:
        """Give the `DropBook` of a flow, as this run sees it."""
        return Drops(self._database, integration, flow, run_id)

    def feeds(self, integration: str, flow: str, run_id: int) -> Feeds:
        """Give the `FeedBook` of a flow, as this run sees it."""
        return Feeds(self._database, integration, flow, run_id)

    def untell(self, integration: str, flow: str, system: str, overdue: Iterable[Overdue]) -> list[Late]:
        """Forget that a target was told of documents in feeds, and give their records; see `untelling.untell`."""
        return untell(self._database, integration, flow, system, overdue)

    def memory(self, integration: str, flow: str, record: str) -> LedgerMemory:
        """Give the `Memory` of a flow's records."""
        return LedgerMemory(self._database, self.bookings, integration, flow, record)

    def forget(self, before: datetime) -> dict[str, int]:
        """Remove what was noted before a moment and is not needed any more; see `retention.forget`."""
        return retention.forget(self._database, before)

    def close(self) -> None:
        """Close all connections to the database."""
        self._database.close()


def _url(conn_id: str, connection: Any, extra: dict[str, Any]) -> URL:
    if connection.conn_type == "sqlite":
        path = connection.host or (connection.schema and f"/{connection.schema}")
        return URL.create("sqlite", database=path)
    if connection.conn_type in {"postgres", "postgresql"}:
        query = {name: str(value) for name, value in extra.items() if name.startswith("ssl") or name in _OPTIONS}
        socket = bool(connection.host) and connection.host.startswith("/")
        return URL.create(
            "postgresql",
            username=connection.login,
            password=connection.password,
            host=None if socket else connection.host,
            port=None if socket else connection.port,
            database=connection.schema,
            query={**query, **({"host": connection.host} if socket else {})},
        )
    raise SettingsError(
        f"The connection {conn_id} has type {connection.conn_type}: the ledger takes sqlite or postgres."
    )


_OPTIONS = frozenset({"application_name", "connect_timeout", "keepalives", "options", "target_session_attrs"})
"""What of the connection's extra PostgreSQL's client understands, besides `ssl…`."""
