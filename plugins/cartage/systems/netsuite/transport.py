"""Sends requests to NetSuite: pooled connections, time-outs, signing, patience, and typed failures.

What is tried again here, within `patience` seconds in all:

====================================== ======== ======
what came back                         reads    writes
====================================== ======== ======
no connection: nothing was sent        again    again
429, 503: NetSuite did not execute it  again    again
401, once, with a new token            again    again
time-out or lost connection            again    `UncertainError`
500, 502, 504, 408                     again    `UncertainError`
200 with a body that is no JSON        again    the answer, if its headers say what happened
3xx, 403, 401 again                    `BatchError`
other 4xx                              `TargetRefused` and its kinds
====================================== ======== ======
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter

from cartage.errors import BatchError, CartageError, RetryableError, UncertainError
from cartage.systems.netsuite import payload
from cartage.systems.netsuite.answers import Answer, Attempted, details_of, mask, parse, refusal
from cartage.systems.netsuite.connecting import check_trust, never_sent
from cartage.systems.netsuite.throttle import backoff

if TYPE_CHECKING:
    from requests.auth import AuthBase

    from cartage.systems.netsuite.account import Account
    from cartage.systems.netsuite.auth import SignIn
    from cartage.systems.netsuite.throttle import Throttle

USER_AGENT = "cartage (NetSuite REST)"
NOT_EXECUTED = frozenset({429, 503})
UNCLEAR = frozenset({408, 500, 502, 504})
BUSY_CODES = frozenset({"CONCURRENCY_LIMIT_EXCEEDED", "SSS_REQUEST_LIMIT_EXCEEDED", "EXCEEDED_REQUEST_LIMIT"})
CHANGED_CODE = "RCRD_HAS_BEEN_CHANGED"
FORBIDDEN_CODES = frozenset({"INSUFFICIENT_PERMISSION", "INVALID_LOGIN", "INVALID_LOGIN_ATTEMPT", "USER_DISABLED"})
Observer = Callable[[Attempted], None]


@dataclass(frozen=True)
class Request:
    """A request, before it is signed.

    Attributes:
        method: GET, POST, PUT, PATCH or DELETE.
        path: path below the host, with a leading slash.
        body: JSON body, or None.
        params: query parameters.
        headers: beside those that every request has.
        repeatable: sending it twice is sending it once: a read, or a job with an idempotency key.
    """

    method: str
    path: str
    body: Any = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False

    @cached_property
    def text(self) -> str | None:
        """The body as it is sent."""
        return None if self.body is None else payload.dumps(self.body)

    @property
    def place(self) -> str:
        """The request in few words, for messages: ``PUT salesOrder/eid:x``."""
        return f"{self.method} {self.path.removeprefix('/services/rest/').removeprefix('record/v1/')}"


@dataclass(frozen=True)
class _Failed:
    """A try that may go better: why, when, and whether other threads should slow down too."""

    error: RetryableError
    busy: bool = False


class Transport:
    """Sends requests for all threads of a hook.

    Args:
        account: where to, and how long to wait for an answer.
        sign_in: how requests are signed.
        throttle: the gate that all threads share.
        patience: seconds in all to keep trying one request, before the task is to be tried again instead.
    """

    def __init__(self, account: Account, sign_in: SignIn, throttle: Throttle, *, patience: float) -> None:
        self._account = account
        self._sign_in = sign_in
        self._throttle = throttle
        self._patience = patience
        self._local = threading.local()
        self._sessions: WeakSet[requests.Session] = WeakSet()  # one ends with its thread
        self._gate = threading.Lock()

    def close(self) -> None:
        """Close the connections of all threads."""
        with self._gate:
            for session in self._sessions:
                session.close()
            self._local = threading.local()

    def role(self) -> str | None:
        """Give the internal id of the role that was signed in with, when it can be known."""
        return self._sign_in.role()

    def send(self, request: Request, observe: Observer) -> Answer:
        """Send a request until it is answered for good, or patience ends.

        Args:
            request: what to send.
            observe: told of every attempt.

        Raises:
            RetryableError: when it was not executed, or was only to read, and patience ended.
            UncertainError: when it may have been executed.
            TargetRefused: when NetSuite refused what it says.
            BatchError: when NetSuite refused who we are, or is not there.
        """
        deadline = time.monotonic() + self._patience
        tries, renewed = 0, False
        while True:
            tries += 1
            session = self._session()
            with self._throttle.slot(deadline - time.monotonic()):
                signer, outcome = self._try(session, request, observe)
            if isinstance(outcome, _Failed):
                self._wait(outcome, tries, deadline)
                continue
            if outcome.status != 401:
                self._throttle.speed_up()
                return replace(self._judged(request, outcome), attempts=tries)
            if renewed or signer is None or not self._sign_in.renew(signer):
                raise self._unauthorised(request, outcome)
            renewed = True

    def _try(
        self, session: requests.Session, request: Request, observe: Observer
    ) -> tuple[AuthBase | None, Answer | _Failed]:
        """Sign and send once; give what signed it, and what came of it."""
        try:
            signer = self._sign_in.sign(session)
        except RetryableError as error:  # the token endpoint is busy or cannot be reached
            return None, _Failed(error)
        return signer, self._attempt(session, request, signer, observe)

    def _wait(self, failed: _Failed, tries: int, deadline: float) -> None:
        """Wait before the next try, or raise when there is no time for one."""
        error, asked = failed.error, failed.error.retry_after
        if isinstance(error, UncertainError):
            raise error
        pause = self._throttle.slow_down(asked) if failed.busy else asked or backoff(tries)
        if time.monotonic() + pause >= deadline:
            error.retry_after = pause
            raise error
        if not failed.busy:
            time.sleep(pause)

    def _attempt(
        self, session: requests.Session, request: Request, signer: AuthBase, observe: Observer
    ) -> Answer | _Failed:
        text = request.text
        headers = {"Accept": "application/json", **request.headers}
        if text is not None:
            headers.setdefault("Content-Type", "application/json")
        prepared = session.prepare_request(
            requests.Request(
                request.method,
                self._account.base_url + request.path,
                params=dict(request.params),
                data=text.encode() if text is not None else None,
                headers=headers,
                auth=signer,
            )
        )
        watch = _Watch(prepared, text, observe, datetime.now(UTC), time.monotonic())
        settings = session.merge_environment_settings(prepared.url, {}, None, None, None)
        try:
            response = session.send(prepared, timeout=self._account.timeout, allow_redirects=False, **settings)
        except requests.RequestException as error:
            return self._lost(request, error, watch)
        return self._classified(request, response, watch)

    def _lost(self, request: Request, error: requests.RequestException, watch: _Watch) -> _Failed:
        """Tell a request that never left from one whose answer never came."""
        watch.tell(None, None, "timeout" if isinstance(error, requests.Timeout) else "connection")
        kind = type(error).__name__
        check_trust(self._account.base_url, error)
        if never_sent(error):
            return _Failed(
                RetryableError(
                    f"{self._account.base_url} cannot be reached ({kind}): check the connection's account and host, "
                    f"and the network"
                )
            )
        if request.repeatable:
            return _Failed(RetryableError(f"{request.place}: no answer from NetSuite ({kind})"))
        return _Failed(
            UncertainError(
                f"{request.place}: the answer never came ({kind}); NetSuite may have executed it, look it up by key"
            )
        )

    def _classified(self, request: Request, response: requests.Response, watch: _Watch) -> Answer | _Failed:
        """Make an answer of what can be judged, a failure of what may pass."""
        text = response.content.decode("utf-8", "replace")  # `response.text` would guess, slowly
        try:
            body, readable = parse(response.content), True
        except ValueError:
            body, readable = None, False
        codes = {each.code for each in details_of(body)}
        code = next((each.code for each in details_of(body)), None if readable else "no_json")
        watch.tell(response.status_code, text, code)
        status = response.status_code
        busy = status == 429 or bool(codes & BUSY_CODES)
        if busy or status in NOT_EXECUTED or CHANGED_CODE in codes:
            why = "is busy for this account" if busy else f"did not execute it ({code or status})"
            return _Failed(
                RetryableError(f"{request.place}: NetSuite {why}", retry_after=_retry_after(response)), busy=busy
            )
        if status in UNCLEAR or status >= 500 or (status == 200 and not readable):
            what = f"{request.place}: NetSuite answered {status}" + ("" if readable else ", no JSON")
            if request.repeatable:
                return _Failed(RetryableError(what, retry_after=_retry_after(response)))
            if status != 200:
                return _Failed(UncertainError(f"{what}; it may have been executed, look it up by key"))
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status, lowered, body if readable else _Unreadable(text), watch.milliseconds)

    def _judged(self, request: Request, answer: Answer) -> Answer:
        """Give a good answer; raise the fitting error of a bad one."""
        details = details_of(answer.body)
        if 200 <= answer.status < 300:
            return replace(answer, body=None) if isinstance(answer.body, _Unreadable) else answer
        if 300 <= answer.status < 400:
            there = urlsplit(answer.location or "").netloc or "another host"
            raise BatchError(
                f"{request.place}: NetSuite redirects to {there}; set the connection's account and host to the "
                f"account's own address"
            )
        if answer.status == 403 or any(each.code in FORBIDDEN_CODES for each in details):
            words = "; ".join(mask(each.text, request.body) for each in details)
            raise BatchError(
                f"{request.place}: the role may not do this (HTTP {answer.status}{': ' if words else ''}{words}); "
                f"give the role of the connection the permissions of deploy/netsuite"
            )
        if answer.status == 404 and isinstance(answer.body, _Unreadable):
            raise BatchError(f"{self._account.base_url} is no NetSuite REST service: check the connection's host")
        raise refusal(request.place, answer.status, details, request.body, location=answer.location)

    def _unauthorised(self, request: Request, answer: Answer) -> CartageError:
        code = next((each.code for each in details_of(answer.body)), "no code")
        return BatchError(
            f"{request.place}: NetSuite account {self._account.account} does not accept the sign-in "
            f"(HTTP 401, {code}): {self._sign_in.advice}"
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = USER_AGENT
            for scheme in ("https://", "http://"):
                session.mount(scheme, HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0))
            self._local.session = session
            with self._gate:
                self._sessions.add(session)
        return session


class _Unreadable(str):
    """An answer's text that is no JSON."""

    __slots__ = ()


class _Watch:
    """Times one attempt and tells the observer."""

    def __init__(
        self, prepared: requests.PreparedRequest, sent: str | None, observe: Observer, at: datetime, began: float
    ) -> None:
        self._prepared, self._sent, self._observe, self._at, self._began = prepared, sent, observe, at, began
        self.milliseconds = 0

    def tell(self, status: int | None, answer: str | None, code: str | None) -> None:
        """Report what came of the attempt."""
        self.milliseconds = round((time.monotonic() - self._began) * 1000)
        path = self._prepared.path_url
        method = str(self._prepared.method)
        self._observe(Attempted(self._at, method, path, status, self._sent, answer, self.milliseconds, code))


def _retry_after(response: requests.Response) -> float | None:
    """Read Retry-After: seconds or a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if not text:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())
