"""What can go wrong, as a tree that decides what happens next.

========================= ============================ ======================================
class                     condemns                     what follows
========================= ============================ ======================================
`RetryableError`          nothing yet                  the task tries again, after `retry_after`
`UncertainError`          nothing yet                  the target is asked by key, then as above
`RecordError`             one record                   quarantine (ours) or reject (the target's)
`BatchError`              the run                      the run fails at once, the watermark stays
`SettingsError`           the run                      the run fails at once, naming file and line
========================= ============================ ======================================

This module imports nothing heavy: Airflow resolves retry policies when it parses a DAG.
"""

from __future__ import annotations

from dataclasses import dataclass


class CartageError(Exception):
    """Any failure that Cartage foresees. The message says what, where and what to do."""


class RetryableError(CartageError):
    """A failure that may pass: a time-out, a lost connection, 429, 5xx, a locked database.

    Args:
        message: what failed, where, and what to do when it does not pass.
        retry_after: seconds the other side asked us to wait, or None when it did not say.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UncertainError(RetryableError):
    """A write whose fate is unknown: the answer never came. Look it up by key before sending again."""


@dataclass(frozen=True)
class Complaint:
    """One reason why a record cannot go on.

    Attributes:
        code: a stable, lower-case word for grouping, for example ``unknown_item``.
        message: what, where and what to do; it never quotes personal data.
        field: the record's column (``lines.product_id``), or None when it is the whole record.
        asks: a person must act although the record went through: money to refund, an order that waits for approval.
    """

    code: str
    message: str
    field: str | None = None
    asks: bool = False


class RecordError(CartageError):
    """One record is at fault; all others go on.

    Args:
        key: the record's key, for example ``RefArch/00017``.
        complaints: why, at least one.
    """

    def __init__(self, key: str, *complaints: Complaint) -> None:
        super().__init__(f"{key}: " + "; ".join(each.message for each in complaints))
        self.key = key
        self.complaints = complaints


class BatchError(CartageError):
    """The run cannot go on, and trying again would not help: wrong credentials, too many failures."""


class SettingsError(BatchError):
    """A setting or mapping is wrong.

    Args:
        message: what is wrong and what to write instead.
        file: the file at fault.
        line: its line, counted from 1, when known.
    """

    def __init__(self, message: str, *, file: str | None = None, line: int | None = None) -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(place + message)
        self.file = file
        self.line = line
