"""429: NetSuite serves too many requests of this account already."""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from cartage.errors import RetryableError, UncertainError
from tests.systems.netsuite.transport.peer import Peer, Reply, Seen, refusal

if TYPE_CHECKING:
    from cartage.systems.netsuite.hook import NetSuiteHook
    from tests.systems.netsuite.transport.conftest import MakeHook

ORDERS = "/services/rest/record/v1/salesOrder"
CREATED = Reply(204, headers={"Location": f"https://tstdrv1.suitetalk.api.netsuite.com{ORDERS}/107"})


def test_a_busy_account_is_waited_for_as_long_as_it_asks(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", "busy", Retry_After="1"), CREATED)
    hook.create("salesOrder", {})
    first, second = peer.requests("POST", ORDERS)
    assert second.at - first.at >= 0.99


def test_a_date_in_retry_after_is_a_time_to_wait(hook: NetSuiteHook, peer: Peer) -> None:
    def in_two_seconds(_: Seen) -> Reply:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
        return refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", "busy", Retry_After=later)

    peer.on("POST", ORDERS, in_two_seconds, CREATED)
    hook.create("salesOrder", {})
    first, second = peer.requests("POST", ORDERS)
    assert second.at - first.at >= 0.9


def test_without_retry_after_it_backs_off(hook: NetSuiteHook, peer: Peer) -> None:
    busy = refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", "busy")
    peer.on("POST", ORDERS, busy, busy, CREATED)
    hook.create("salesOrder", {})
    first, second, third = (each.at for each in peer.requests("POST", ORDERS))
    assert second - first >= 0.25
    assert third - second >= 0.5


def test_a_wait_longer_than_patience_is_left_to_the_task(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", "busy", Retry_After="90"))
    began = time.monotonic()
    with pytest.raises(RetryableError) as failed:
        hook.create("salesOrder", {})
    assert time.monotonic() - began < 2
    assert failed.value.retry_after == pytest.approx(90, abs=2)
    assert not isinstance(failed.value, UncertainError)


def test_a_400_that_says_busy_is_busy(hook: NetSuiteHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, refusal(400, "SSS_REQUEST_LIMIT_EXCEEDED", "busy", Retry_After="0"), CREATED)
    assert hook.create("salesOrder", {}) == "107"


def test_all_threads_pause_together(make_hook: MakeHook, peer: Peer) -> None:
    busy = refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", "busy", Retry_After="1")
    peer.on("POST", ORDERS, busy, Reply(204, headers=CREATED.headers, delay=0.02))
    hook = make_hook(concurrency=4)
    hook.create("salesOrder", {})  # fetches the token, and meets the first refusal
    peer.seen.clear()
    peer.on("POST", ORDERS, busy, Reply(204, headers=CREATED.headers, delay=0.02))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: hook.create("salesOrder", {}), range(40)))
    times = sorted(each.at for each in peer.requests("POST", ORDERS))
    gaps = [late - early for early, late in itertools.pairwise(times)]
    assert max(gaps) >= 0.85, "nobody sends while the account is busy"
    assert gaps.index(max(gaps)) <= 20, "the pause follows the refusal"


def test_the_limit_is_never_passed_and_slots_come_back(make_hook: MakeHook, peer: Peer) -> None:
    peer.on("POST", ORDERS, Reply(204, headers=CREATED.headers, delay=0.03))
    hook = make_hook(concurrency=4)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: hook.create("salesOrder", {}), range(40)))
    assert peer.most_at_once == 4
    hook.throttle.slow_down(0.05)
    assert hook.throttle.slots == 2
    peer.most_at_once = 0
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: hook.create("salesOrder", {}), range(4)))
    assert peer.most_at_once <= 3
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _: hook.create("salesOrder", {}), range(40)))
    assert hook.throttle.slots == 4


def test_a_strict_account_gets_everything_once(make_hook: MakeHook, peer: Peer) -> None:
    """The account serves two at a time, the hook believes in eight: all is written, nothing twice."""
    gate, active, done = threading.Lock(), [0], []
    busy = refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", "busy")

    def serve(seen: Seen) -> Reply:
        with gate:
            if active[0] >= 2:
                return busy
            active[0] += 1
        time.sleep(0.02)
        with gate:
            active[0] -= 1
            done.append(seen.json["externalId"])
        return CREATED

    peer.on("POST", ORDERS, serve)
    hook = make_hook(concurrency=8, patience=30)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: hook.create("salesOrder", {}, external_id=f"o{number}"), range(24)))
    assert sorted(done) == sorted(f"o{number}" for number in range(24))
    assert len(peer.requests("POST", ORDERS)) < 24 * 3, "few are refused more than once or twice"
