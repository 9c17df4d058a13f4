"""What the steps write to the ledger about a run's records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import BatchError, Complaint
from cartage.ledger.complaints import asking
from cartage.ledger.quarantine import LATE, Entry
from cartage.quality.checks import share_exceeded
from cartage.records.batch import FEEDS, KINDS
from cartage.records.outcome import Outcome, Verdict
from cartage.records.wire import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cartage.context import FlowContext
    from cartage.ledger.quarantine import Stage
    from cartage.operators.runtime import Runtime
    from cartage.records.batch import Batch
    from cartage.seams import Late, Read

SET_ASIDE = (Outcome.QUARANTINED, Outcome.REJECTED)


def needs_somebody(verdict: Verdict) -> bool:
    """Whether a record is listed among the errors: it was refused, or it asks for a person all the same."""
    return verdict.outcome in SET_ASIDE or bool(asking(verdict.complaints))


def note_extracted(runtime: Runtime, run: int, number: int, read: Read) -> None:
    """Note every record of a stretch, readable or not: each is owed an outcome from now on.

    Of kinds that go out in feeds only the number is noted: a million of them may be read to find what changed.
    One of them is noted singly when there is something to say of it.
    """
    if runtime.record in FEEDS:
        count = len(read.batch) + len(read.verdicts)
        runtime.ledger.tallies.put(run, runtime.record, number, {"extracted": count})
        return
    root, link = read.batch.root, KINDS[read.batch.record].LINK
    rows = pa.table({"row": root[link], "key": root["key"], "version": root["version"]})
    unread = pa.table(
        {
            "row": pa.array([each.row for each in read.verdicts], rows.schema.field("row").type),
            "key": pa.array([each.key for each in read.verdicts], rows.schema.field("key").type),
            "version": pa.nulls(len(read.verdicts), rows.schema.field("version").type),
        }
    )
    runtime.ledger.outcomes.extracted(run, runtime.record, pa.concat_tables([rows, unread]), batch=number)


def quarantine(
    runtime: Runtime,
    run: int,
    stage: Stage,
    verdicts: Sequence[Verdict],
    *,
    batch: Batch | None = None,
    originals: Mapping[int, bytes] | None = None,
) -> None:
    """Set records aside with their reasons and what is there of them, then note the outcome.

    So are those that went through and of which a person must do something: a refund is due, an order waits for
    approval since its sums differ.

    Args:
        runtime: the flow's.
        run: the run's id.
        stage: which step refused them.
        verdicts: of any outcome; only those that need somebody are kept.
        batch: where the records are, when they could be read.
        originals: the bytes found of those that could not, by row number.
    """
    if runtime.record in FEEDS and stage != "load":
        _note_singly(runtime, run, verdicts, batch)
    kept = [each for each in verdicts if needs_somebody(each)]
    entries = [_entry(stage, each, batch, originals or {}) for each in kept]
    runtime.ledger.quarantine.put(run, runtime.flow, runtime.record, entries)
    runtime.ledger.outcomes.settle(run, runtime.record, verdicts)


def note_late(runtime: Runtime, run: int, late: Sequence[Late]) -> None:
    """Open an entry of quarantine for each record that the target turns out not to have taken from an earlier feed.

    Their runs counted them as told and are closed; so they are forgotten as told, and go out again when they are
    read next. The entries resolve by themselves once a feed with them is taken.
    """
    name = runtime.integration.name
    if runtime.record in FEEDS:  # of documents the journal knows who wrote them last
        late = runtime.ledger.outcomes.still_late(name, runtime.flow, runtime.record, late)
    if not late:
        return
    runtime.ledger.outcomes.untell(name, runtime.record, [each.key for each in late])
    entries = [Entry(LATE, each.key, None, "load", each.complaints, None) for each in late]
    runtime.ledger.quarantine.put(run, runtime.flow, runtime.record, entries)


def _note_singly(runtime: Runtime, run: int, verdicts: Sequence[Verdict], batch: Batch | None) -> None:
    """Note records of a kind that is otherwise counted only, so that each can have an outcome of its own."""
    rows = pa.array([each.row for each in verdicts], pa.int64())
    versions = pa.nulls(len(rows), pa.string())
    if batch is not None:
        at = pc.index_in(rows, value_set=batch.root[KINDS[batch.record].LINK].combine_chunks())
        versions = batch.root["version"].take(at)
    noted = pa.table({"row": rows, "key": [each.key for each in verdicts], "version": versions})
    runtime.ledger.outcomes.extracted(run, runtime.record, noted, batch=0)


def _entry(stage: Stage, verdict: Verdict, batch: Batch | None, originals: Mapping[int, bytes]) -> Entry:
    if batch is None:
        original = originals.get(verdict.row)
        return Entry(verdict.row, verdict.key, None, stage, verdict.complaints, original, form="xml")
    kind = KINDS[batch.record]
    why = verdict.complaints if verdict.outcome in SET_ASIDE else asking(verdict.complaints)
    one = batch.only(pa.array([verdict.row], pa.int64()))
    values: dict[str, Any] = one.root.to_pylist()[0]
    return Entry(
        verdict.row,
        verdict.key,
        values["version"],
        stage,
        why,
        to_json(one, verdict.row),
        emails=tuple(values[name] for name in kind.EMAILS if values[name]),
        phones=tuple(values[name] for name in kind.PHONES if values[name]),
    )


def hold_rest(runtime: Runtime, run: int, code: str, reason: str) -> int:
    """Hold every record of a run that has no outcome yet, and give how many there were.

    A held record was not sent, or not wholly; it is read again, since the watermark stays. Records that are
    only tallied are held as a tally.
    """
    held = 0
    for record in runtime.ledger.outcomes.balance(run):
        verdicts = list(_held(runtime, run, record, code, reason))
        _doubt_told(runtime, run, record, verdicts)
        runtime.ledger.outcomes.settle(run, record, verdicts)
        rest = runtime.ledger.outcomes.balance(run)[record].unaccounted
        if rest > 0:
            runtime.ledger.tallies.hold_rest(run, record, rest)
        held += len(verdicts) + max(rest, 0)
    return held


def _doubt_told(runtime: Runtime, run: int, record: str, held: Sequence[Verdict]) -> None:
    """Let nobody rely on what the target was told of records in a broken run's feeds, which nobody followed.

    Such a feed may lie where the target takes it up at any time. So the next run tells of them whatever it finds, even
    what they were told before.
    """
    if record not in FEEDS or not held:
        return
    name = runtime.integration.name
    if any(each.state != "refused" for each in runtime.ledger.feeds(name, runtime.flow, run).of_run()):
        runtime.ledger.outcomes.doubt(name, record, run, [each.key for each in held])


def _held(runtime: Runtime, run: int, record: str, code: str, reason: str) -> Iterator[Verdict]:
    for _, row, key in runtime.ledger.outcomes.unaccounted(run, record):
        yield Verdict(row, key, Outcome.HELD, (Complaint(code, reason),))


def halt_if_too_many(runtime: Runtime, flow: FlowContext, run: int) -> None:
    """Hold the whole run back when too large a share of it failed, before anything is sent.

    A run over quarantined records is never held back: all of them failed before, and those that are mended shall go.

    Raises:
        BatchError: with the counts, the settings that decide, and what to do.
    """
    settings = getattr(flow.settings, flow.flow)
    counts = counts_of(runtime, run, runtime.record)
    failed, extracted = counts["quarantined"], counts["extracted"]
    share = settings.max_quarantined_share
    if not share_exceeded(failed, extracted, share=share, minimum=settings.max_quarantined_min):
        return
    if runtime.ledger.runs.get(run).selection.quarantine:
        return
    hold_rest(runtime, run, "run_halted", f"the run was halted: {failed} of {extracted} records failed")
    raise BatchError(
        f"{failed} of {extracted} records of run {run} are quarantined, more than max_quarantined_share {share} allows, "
        "so nothing of it is sent. Read the quality report; mend the source or the expectations, then run again."
    )


def counts_of(runtime: Runtime, run: int, record: str) -> dict[str, int]:
    """Give a run's counts: ``extracted``, each outcome, ``unaccounted``."""
    balance = runtime.ledger.outcomes.balance(run).get(record)
    if balance is None:
        return {"extracted": 0, **{each.value: 0 for each in Outcome}, "unaccounted": 0}
    counts = {each.value: balance.count(each) for each in Outcome}
    return {"extracted": balance.extracted, **counts, "unaccounted": balance.unaccounted}
