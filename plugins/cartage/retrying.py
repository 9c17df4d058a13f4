"""Which failures Airflow tries again, and after how long: the error tree, as a retry policy."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy

from cartage.errors import CartageError, RetryableError

if TYPE_CHECKING:
    from airflow.sdk import Context

FIRST_DELAY = timedelta(seconds=20)
LONGEST_DELAY = timedelta(minutes=15)


class ErrorTreePolicy(RetryPolicy):
    """Retry what may pass, fail at once what no retry mends.

    Of the tree only a `RetryableError` may pass. It waits as long as the other side asked, else twice
    as long as the last time, with jitter so that mapped tasks do not return together. An error outside
    the tree is a defect or an accident of the machine (a killed process, a full disk): it is retried too, since every
    step can be repeated safely, and fails when the task's retries are used up.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,  # noqa: ARG002 (Airflow counts the tries itself)
        context: Context | None = None,  # noqa: ARG002 (the decision needs the error alone)
    ) -> RetryDecision:
        """Decide by the error's class; see `RetryPolicy.evaluate`."""
        if isinstance(exception, CartageError) and not isinstance(exception, RetryableError):
            return RetryDecision.fail(reason=f"{type(exception).__name__}: no retry mends this")
        asked = exception.retry_after if isinstance(exception, RetryableError) else None
        delay = timedelta(seconds=asked) if asked is not None else self.delay(try_number)
        return RetryDecision.retry(delay=delay, reason=type(exception).__name__)

    @staticmethod
    def delay(try_number: int) -> timedelta:
        """Give the wait before the next try: doubling from 20 s to 15 min, less up to a quarter."""
        seconds = min(FIRST_DELAY * 2 ** (try_number - 1), LONGEST_DELAY).total_seconds()
        return timedelta(seconds=seconds * random.uniform(0.75, 1.0))  # noqa: S311 (jitter, not a secret)

    def serialize(self) -> dict[str, Any]:
        """Give nothing: the policy has no settings of its own."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ErrorTreePolicy:  # noqa: ARG003
        """Make the policy again; see `serialize`."""
        return cls()
