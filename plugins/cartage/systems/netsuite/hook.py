"""NetSuite over REST: records, SuiteQL, asynchronous jobs and batches, with typed failures."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote as url_quote

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from cartage.errors import BatchError, CartageError, SettingsError, UncertainError
from cartage.systems.netsuite import suiteql
from cartage.systems.netsuite.account import Account
from cartage.systems.netsuite.auth import sign_in
from cartage.systems.netsuite.jobs import JOBS, BatchMethod, BatchResult, Job, Jobs, record_id
from cartage.systems.netsuite.throttle import Throttle
from cartage.systems.netsuite.transport import Observer, Request, Transport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cartage.systems.netsuite.answers import Answer, Attempted

RECORDS = "/services/rest/record/v1"
SUITEQL = "/services/rest/query/v1/suiteql"
SERVER_TIME = "/services/rest/system/v1/serverTime"
PROBE = "SELECT id FROM currency"
PATIENCE = 120.0
STRICT = {"X-NetSuite-PropertyNameValidation": "Error", "X-NetSuite-PropertyValueValidation": "Error"}

_recorders: ContextVar[tuple[list[Attempted], ...]] = ContextVar("netsuite_recorders", default=())


class NetSuiteHook(BaseHook):
    r"""Talks to one NetSuite account. Safe to share between threads.

    The Airflow connection, of type ``netsuite``, as JSON (``AIRFLOW_CONN_NETSUITE``). With OAuth 2.0::

        {"conn_type": "netsuite",
         "host": "http://127.0.0.1:8080",      # left out: made from the account
         "extra": {"account": "TSTDRV1",       # 123456_SB1 for a sandbox
                   "auth": "oauth2",
                   "client_id": "...", "certificate_id": "...",
                   "private_key": "-----BEGIN PRIVATE KEY-----\n...",   # or private_key_path
                   "algorithm": "PS256",       # PS256, PS384, PS512, ES256, ES384, ES512
                   "timeout": 180}}            # seconds to wait for an answer

    With token-based authentication::

        {"conn_type": "netsuite",
         "extra": {"account": "TSTDRV1", "auth": "tba",
                   "consumer_key": "...", "consumer_secret": "...",
                   "token_id": "...", "token_secret": "..."}}

    Args:
        conn_id: the Airflow connection.
        concurrency: most requests at a time of all threads that share this hook.
        patience: seconds to keep trying one request before its task is to be tried again instead.
        on_attempt: told of every request that was sent, in the sending thread, unmasked.

    Every method raises the error tree of `cartage.errors` and nothing else: `RetryableError`,
    `UncertainError`, `BatchError`, `SettingsError`, and `TargetRefused` with its kinds
    (`cartage.systems.netsuite.answers`).
    """

    conn_name_attr = "conn_id"
    default_conn_name = "netsuite"
    conn_type = "netsuite"
    hook_name = "NetSuite"

    def __init__(
        self,
        conn_id: str = default_conn_name,
        concurrency: int = 5,
        *,
        patience: float = PATIENCE,
        on_attempt: Observer | None = None,
    ) -> None:
        super().__init__()
        self.conn_id = conn_id
        self.on_attempt = on_attempt
        self.throttle = Throttle(concurrency)
        self._patience = patience
        self._gate = threading.Lock()
        self._transport: Transport | None = None
        self._account: Account | None = None
        self._jobs = Jobs(self, concurrency=concurrency)

    @property
    def account(self) -> Account:
        """The account of the connection.

        Raises:
            SettingsError: when the connection's fields do not fit.
        """
        with self._gate:
            if self._account is None:
                try:
                    connection = self.get_connection(self.conn_id)
                except AirflowNotFoundException as error:
                    raise SettingsError(
                        f"Airflow has no connection {self.conn_id!r}: add one of type NetSuite, or set "
                        f"AIRFLOW_CONN_{self.conn_id.upper()}"
                    ) from error
                self._account = Account.of(connection)
            return self._account

    def get_conn(self) -> Transport:
        """Give the transport, made at first use."""
        account = self.account
        with self._gate:
            if self._transport is None:
                self._transport = Transport(account, sign_in(account), self.throttle, patience=self._patience)
            return self._transport

    def close(self) -> None:
        """Close the connections of all threads; the hook can be used again."""
        with self._gate:
            transport, self._transport = self._transport, None
        if transport:
            transport.close()

    @contextmanager
    def recording(self) -> Iterator[list[Attempted]]:
        """Collect the attempts that this thread makes inside, unmasked, for example of one document."""
        attempts: list[Attempted] = []
        token = _recorders.set((*_recorders.get(), attempts))
        try:
            yield attempts
        finally:
            _recorders.reset(token)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send a request and give NetSuite's good answer.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: below the host (``/services/rest/...``), or below the record service (``salesOrder/107``).
            json: body; amounts are Decimal, never float.
            params: query parameters; True and False become ``true`` and ``false``.
            headers: further headers.
            repeatable: whether sending it twice is sending it once. None: only GET is.
        """
        request = Request(
            method=method,
            path=path if path.startswith("/") else f"{RECORDS}/{path}",
            body=json,
            params={name: _param(value) for name, value in (params or {}).items() if value is not None},
            headers=headers or {},
            repeatable=method == "GET" if repeatable is None else repeatable,
        )
        return self.get_conn().send(request, self._observe)

    def get(self, type_: str, id_: str, **params: Any) -> dict[str, Any]:
        """Read a record.

        Args:
            type_: record type, for example ``salesOrder``.
            id_: internal id, or ``eid:`` and the external id.
            params: ``expandSubResources``, ``simpleEnumFormat``, ``fields``.

        Raises:
            NotFound: when there is none.
        """
        body = self.request("GET", _record(type_, id_), params=params).body
        return body if isinstance(body, dict) else {}

    def create(self, type_: str, body: Mapping[str, Any], external_id: str | None = None) -> str:
        """Create a record and give its internal id.

        Raises:
            AlreadyExists: when a record has this external id or name already.
            UncertainError: when the answer never came, or named no record.
        """
        filled = {**body, "externalId": external_id} if external_id else dict(body)
        return self._written(self.request("POST", _record(type_), json=filled, headers=STRICT))

    def upsert(self, type_: str, external_id: str, body: Mapping[str, Any], *, replace: Sequence[str] = ()) -> str:
        """Create or update a record by its external id, and give its internal id.

        On update, a line without its number becomes a new line: look up and `update` then.
        """
        path = _record(type_, f"eid:{external_id}")
        return self._written(self.request("PUT", path, json=body, params=_replace(replace), headers=STRICT))

    def update(self, type_: str, id_: str, body: Mapping[str, Any], *, replace: Sequence[str] = ()) -> str:
        """Change the named fields of a record and give its internal id.

        Args:
            type_: record type.
            id_: internal id, or ``eid:`` and the external id.
            body: fields to change; sublist lines are matched by their number, lines without one are added.
            replace: sublists whose lines are replaced by those of the body.
        """
        answer = self.request("PATCH", _record(type_, id_), json=body, params=_replace(replace), headers=STRICT)
        return self._written(answer, known=id_)

    def delete(self, type_: str, id_: str) -> None:
        """Delete a record."""
        self.request("DELETE", _record(type_, id_))

    def transform(self, type_: str, id_: str, target: str, body: Mapping[str, Any]) -> str:
        """Make one record of another, for example an invoice of a sales order, and give its internal id."""
        path = f"{_record(type_, id_)}/!transform/{_name(target)}"
        return self._written(self.request("POST", path, json=dict(body), headers=STRICT))

    def suiteql(
        self,
        query: str,
        *,
        key: str | Sequence[str],
        columns: Sequence[str] | None = None,
        page: int = suiteql.PAGE,
        text_key: bool = False,
    ) -> Iterator[dict[str, str | None]]:
        """Read all rows of a query, however many, each once although the data changes meanwhile.

        Args:
            query: a SELECT without ORDER BY; write values with `suiteql.quote`.
            key: the result's column, or columns, that no two rows share.
            columns: names of all columns, to restore those that NetSuite leaves out when they are null.
            page: rows a request, at most 1,000.
            text_key: the key's columns hold text and not numbers.

        Yields:
            Rows as texts by lower-case column name.
        """
        for rows in suiteql.pages(self._suiteql_page, query, key=key, columns=columns, page=page, text_key=text_key):
            yield from rows

    def submit_async(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Submit a request to be executed later; the same `idempotency_key` (a UUID) gives the same job."""
        return self._jobs.submit(
            method, path, json=json, params=params, headers=headers, idempotency_key=idempotency_key
        )

    def job(self, id_: str) -> Job:
        """Ask how far a job is."""
        return self._jobs.job(id_)

    def wait(self, id_: str, *, patience: float = 900.0) -> Job:
        """Wait until a job ended, at most `patience` seconds."""
        return self._jobs.wait(id_, patience=patience)

    def results(self, id_: str) -> list[Answer]:
        """Give the answers of an ended job's tasks, in their order.

        Raises:
            TargetRefused: what the synchronous request would have raised.
        """
        return [self._jobs.result(id_, each.id) for each in self._jobs.tasks(id_)]

    def batch(
        self,
        method: BatchMethod,
        type_: str,
        records: Sequence[Mapping[str, Any]],
        *,
        parallel: bool = False,
        idempotency_key: str | None = None,
        patience: float = 900.0,
    ) -> list[BatchResult]:
        """Write up to 100 records of one type in one request, and give a result for each in their order.

        Args:
            method: POST creates, PUT upserts (each record has ``externalId``), PATCH updates (``id``).
            type_: record type.
            records: the bodies.
            parallel: let NetSuite execute them side by side and not in order.
            idempotency_key: a UUID: the same batch sent again is the same job.
            patience: seconds to wait for the job.
        """
        return self._jobs.batch(
            method,
            _record(type_),
            records,
            parallel=parallel,
            headers=STRICT,
            idempotency_key=idempotency_key,
            patience=patience,
        )

    def server_time(self) -> datetime:
        """Give NetSuite's clock, in UTC."""
        body = self.request("GET", SERVER_TIME).body
        try:
            moment = datetime.fromisoformat(str(body["serverTime"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BatchError(f"GET {SERVER_TIME}: NetSuite gave no time") from error
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    def test_connection(self) -> tuple[bool, str]:
        """Sign in, read the clock and run a small query: what Airflow's Test button shows.

        Returns:
            Whether all went well, and who is signed in or what to put right.
        """
        try:
            account, moment = self.account, self.server_time()
            rows = self._suiteql_page(PROBE, 1).get("items")
            role = self.get_conn().role()
        except CartageError as error:
            return False, str(error)
        finally:
            self.close()
        who = f"role {role}" if role else "the access token's role"
        if not rows:
            return False, (
                f"Signed in to {account.account} with {who}, but {PROBE!r} gives nothing: give the role the permissions "
                f"of deploy/netsuite (Lists > Currency, SuiteAnalytics Workbook)"
            )
        return True, f"Signed in to {account.account} with {who}; NetSuite's clock says {moment:%Y-%m-%d %H:%M:%S} UTC"

    def _suiteql_page(self, query: str, limit: int) -> dict[str, Any]:
        answer = self.request(
            "POST",
            SUITEQL,
            json={"q": query},
            params={"limit": limit},
            headers={"Prefer": "transient"},
            repeatable=True,
        )
        return answer.body if isinstance(answer.body, dict) else {}

    def _written(self, answer: Answer, *, known: str | None = None) -> str:
        """Give the internal id of what was written.

        204 names the record in Location. A write that NetSuite chose to make a job of (202) is
        waited for.
        """
        if answer.status == 202 and answer.location and JOBS in answer.location:
            job = self.wait(record_id(answer.location))
            answer = self.results(job.id)[0]
        if answer.location:
            found = record_id(answer.location)
        elif known:
            found = known
        else:
            raise UncertainError(f"NetSuite wrote a record ({answer.status}) but named none; look it up by key")
        if not found.startswith("eid:"):
            return found
        raise UncertainError("NetSuite named the record by its external id; look it up by key")

    def _observe(self, attempt: Attempted) -> None:
        for recorder in _recorders.get():
            recorder.append(attempt)
        if self.on_attempt:
            self.on_attempt(attempt)


def _record(type_: str, id_: str | None = None) -> str:
    """Give a record's path below the host, or its collection's."""
    return f"{RECORDS}/{_name(type_)}" + (f"/{url_quote(id_, safe=':')}" if id_ is not None else "")


def _name(type_: str) -> str:
    if not type_.isidentifier():
        raise ValueError(f"no record type: {type_!r}")
    return type_


def _replace(sublists: Sequence[str]) -> dict[str, str]:
    return {"replace": ",".join(sublists)} if sublists else {}


def _param(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, (list, tuple)) else value
