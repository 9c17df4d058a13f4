"""One gate for all threads of a hook: so many requests at a time, and all slow down together.

NetSuite counts concurrent requests for the whole account and answers 429 above its limit. The gate
halves its slots on a 429, lets nobody through until the pause is over, and wins a slot back for
about as many successes as it has slots (additive increase, multiplicative decrease, as TCP does).
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cartage.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0


def backoff(tries: int, *, first: float = FIRST_PAUSE, longest: float = LONGEST_PAUSE) -> float:
    """Give the seconds to wait after so many failed tries: exponential, half of it by chance.

    The chance keeps senders that failed together from coming back together.
    """
    whole = min(longest, first * 2.0 ** min(tries - 1, 16))
    return whole / 2 + random.uniform(0, whole / 2)  # noqa: S311, no secret is made of it


class Throttle:
    """A gate of slots, shared by all threads of a hook.

    Args:
        concurrency: most requests at a time; the gate never opens wider.
    """

    def __init__(self, concurrency: int) -> None:
        if concurrency < 1:
            raise ValueError("concurrency is at least 1")
        self.concurrency = concurrency
        self._slots = float(concurrency)
        self._active = 0
        self._paused_until = 0.0
        self._refusals = 0
        self._changed = threading.Condition()

    @property
    def slots(self) -> int:
        """How many requests may be under way at a time now."""
        return max(1, int(self._slots))

    @contextmanager
    def slot(self, patience: float) -> Iterator[None]:
        """Hold one slot while a request is under way.

        A slot that others hold is waited for: requests have time-outs, so it comes free.

        Args:
            patience: seconds to wait for the end of a pause.

        Raises:
            RetryableError: when the pause is longer; `retry_after` says when it ends.
        """
        self._enter(time.monotonic() + patience)
        try:
            yield
        finally:
            with self._changed:
                self._active -= 1
                self._changed.notify()

    def _enter(self, deadline: float) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                pause = self._paused_until - now
                if pause <= 0 and self._active < self.slots:
                    self._active += 1
                    return
                if pause > 0 and now + pause >= deadline:
                    raise RetryableError(
                        "NetSuite is busy for this account: lower the concurrency of what else talks to it, or raise "
                        "the account's limit",
                        retry_after=pause,
                    )
                self._changed.wait(pause if pause > 0 else None)

    def slow_down(self, retry_after: float | None) -> float:
        """Take note of a refusal for too many requests: pause all threads and halve the slots.

        Refusals that arrive during the pause belong to the same burst, so they halve nothing again.

        Args:
            retry_after: seconds that the answer named, if it did.

        Returns:
            Seconds until the pause ends.
        """
        with self._changed:
            now = time.monotonic()
            if now >= self._paused_until:
                self._refusals += 1
                self._slots = max(1.0, self._slots / 2)
            pause = retry_after or backoff(self._refusals)
            self._paused_until = max(self._paused_until, now + pause)
            self._changed.notify_all()
            return self._paused_until - now

    def speed_up(self) -> None:
        """Take note of an answer: after a slot's worth of them, one slot more."""
        with self._changed:
            self._refusals = 0
            if self._slots < self.concurrency:
                before = self.slots
                self._slots = min(float(self.concurrency), self._slots + 1 / self._slots)
                if self.slots > before:
                    self._changed.notify()
