"""The guardrails of a run: what looks wrong is held as a proposal, and the rest of the feed goes out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from cartage.errors import Complaint
from cartage.operators.judging import FIRST_FEED, Holding, Past, Standing, judge
from cartage.operators.outrun import read_anew
from cartage.operators.watermark import proposals_alias, proposals_asset

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow.sdk import Context
    from pydantic import JsonValue

    from cartage.context import FlowContext
    from cartage.ledger.proposals import Proposal
    from cartage.ledger.runs import Run
    from cartage.operators.base import Passage
    from cartage.operators.runtime import Runtime
    from cartage.settings.guardrails import PriceGuardrail, StockGuardrail


def hold(
    runtime: Runtime, flow: FlowContext, passage: Passage, rows: pa.Table, seen: Iterable[str] = ()
) -> pa.Int64Array:
    """Judge the rows of a run, open proposals of those that look wrong, and hold them.

    It may be done twice, by a task that is tried again: the second time it finds its own proposals. Of a run that a later
    one has read anew nothing is judged: `load` leaves all of it out, and questions about newer numbers stand.

    Args:
        runtime: the flow's.
        flow: the run's context.
        passage: the run.
        rows: the rows that say something new, noted singly before; see `judge` for the columns.
        seen: keys of the rows that the run read too and that say nothing new.

    Returns:
        Row numbers of the records that are held.
    """
    if read_anew(runtime, passage.run):
        return pa.array([], pa.int64())
    rules: StockGuardrail | PriceGuardrail = getattr(flow.settings, flow.flow).guardrail
    groups = runtime.ledger.proposals.groups(runtime.integration.name, runtime.record)
    now = datetime.now(UTC)
    judged = judge(rows, rules, groups, past_of(runtime, rules, now), seen)
    held: list[int] = []
    for each in judged.holdings:
        if not passage.dry_run:
            each = _opened(runtime, passage.run, each)  # noqa: PLW2901
        if each.records:
            runtime.ledger.outcomes.hold(passage.run, runtime.record, each.records, complaint(runtime, each))
            held.extend(each.records)
    if not passage.dry_run:
        for number in judged.settled:
            runtime.ledger.proposals.supersede(number, f"run {passage.run} found none of its rows suspicious any more")
        approved_before = now - timedelta(hours=rules.approval_hours)
        runtime.ledger.proposals.expire(runtime.integration.name, runtime.flow, approved_before)
    return pa.array(held, pa.int64())


def past_of(runtime: Runtime, rules: StockGuardrail | PriceGuardrail, now: datetime) -> Past:
    """Give what was proposed before of this flow, and holds now."""
    declined = now - timedelta(hours=rules.ask_again_hours)
    approved = now - timedelta(hours=rules.approval_hours)
    found = runtime.ledger.proposals.standing(runtime.integration.name, runtime.flow, declined, approved)
    rows = runtime.ledger.proposals.rows([each.id for each in found if each.guardrail != FIRST_FEED])
    lists: dict[str, dict[tuple[str, str], tuple[Standing, ...]]] = {"open": {}, "approved": {}, "declined": {}}
    states = {"rejected": "declined", "timed_out": "declined"}
    for each in found:
        where = lists.get(states.get(each.state, each.state), {})  # of first feeds that were sent `opened` is enough
        at = (each.group, each.guardrail)
        where[at] = (*where.get(at, ()), _standing(each, rows.get(each.id)))
    opened = frozenset(
        each.group for each in found if each.guardrail == FIRST_FEED and each.state in ("approved", "sent")
    )
    return Past({at: each[0] for at, each in lists["open"].items()}, lists["approved"], lists["declined"], opened)


def _standing(proposal: Proposal, rows: pa.Table | None) -> Standing:
    if rows is None:
        return Standing(proposal.id)
    columns = (rows[name].to_pylist() for name in ("key", "hash", "after"))
    return Standing(proposal.id, {key: (hash_, after) for key, hash_, after in zip(*columns, strict=True)})


def _opened(runtime: Runtime, run: int, holding: Holding) -> Holding:
    """Open the proposal that the rows belong to, when there is none yet."""
    if holding.draft is None:
        return holding
    name, draft = runtime.integration.name, holding.draft
    number = runtime.ledger.proposals.open(run, name, runtime.flow, runtime.record, draft)
    return Holding(holding.group, holding.guardrail, holding.records, number)


def complaint(runtime: Runtime, holding: Holding) -> Complaint:
    """Say why rows are held, and where it is decided."""
    code = f"held_{holding.guardrail}"
    what = f"{holding.group}: held by the guardrail {holding.guardrail}"
    if holding.proposal is None:
        return Complaint(code, f"{what}; in a run that is no dry run a person would be asked")
    dag = f"{runtime.integration.name}.proposals"
    if holding.declined:
        again = f"trigger {dag} with proposals [{holding.proposal}] to be asked again"
        return Complaint(code, f"{what}; proposal {holding.proposal} was answered with a no, {again}")
    return Complaint(
        code, f"{what}; proposal {holding.proposal} is decided in Airflow, in {dag} under Required Actions"
    )


def conclude(runtime: Runtime, begun: Run, context: Context) -> None:
    """Note which approved proposals are sent now, and have a person asked about those that nobody asks about yet.

    The question is asked by a DAG of its own, which the event starts: a waiting one must not hold up the flow.

    Args:
        runtime: the flow's.
        begun: the run, settled and no dry run.
        context: of its `settle`, which has `proposals_alias` as outlet.
    """
    name, book = runtime.integration.name, runtime.ledger.proposals
    book.conclude(name, runtime.flow, run_id=begun.id, carried=begun.selection.proposals)
    waiting = book.unasked(name, runtime.flow)
    if waiting:
        event: dict[str, JsonValue] = {"proposals": [each.id for each in waiting]}
        context["outlet_events"][proposals_alias(name, runtime.flow)].add(proposals_asset(name), extra=event)
