"""The ledger: what happened to every record, in a database of its own.

How it is used, in the order of a run; each method says the rest::

    ledger = Ledger.from_connection("cartage_ledger")     # or Ledger.open(url, key, hash_key=None)
    ledger.migrate()                                      # at set-up

    # extract
    ledger.runs.still_open(integration, flow) -> list[Run]
    ledger.runs.last_settled_window(integration, flow) -> Window | None
    ledger.runs.open(integration=, flow=, dag_id=, dag_run_id=, run_type=, started_by=, window=, selection=,
                     settings_digest=, settings_revision=None) -> int
    ledger.runs.get(run_id) -> Run
    ledger.outcomes.restart(run_id, record)               # a tried-again extract, before it reads
    ledger.outcomes.extracted(run_id, record, rows, batch)   # rows: row, key, version[, hash, value, as_of]
    ledger.tallies.put(run_id, record, batch, {"extracted": n})   # many records: numbers, and rows only of what differs
    ledger.copies.supersede(run_id, record) -> int; .decided(run_id, record, batch) -> list[int]
    ledger.outcomes.known(integration, record, keys) -> dict[str, Known]
    ledger.drops(integration, flow, run_id) -> DropBook
    ledger.bookings.note(integration, lines); .note_read(integration, flow, until)    # of orders, as they are read

    # validate, transform
    ledger.quarantine.put(run_id, flow, record, entries)  # Entry(row, key, version, stage, complaints, payload, …)
    ledger.quarantine.load(ids) -> list[Quarantined]      # a retry: its payloads
    ledger.quarantine.retrying(ids); .reopen(ids); .dismiss(id, who, reason) -> bool
    ledger.quarantine.open(integration, flow=None) -> list[Quarantined]; .find(email=, phone=)

    ledger.memory(integration, flow, record) -> Memory    # .told(keys=None), .booked(lists, since), .read_until()
    ledger.outcomes.known_values(integration, record, keys=None) -> pa.Table    # key, hash, value, as_of
    ledger.outcomes.restart(run_id, record, batch)        # a tried-again step that notes the rows of a tallied batch
    ledger.tallies.put(run_id, record, batch, {"unchanged": m})
    ledger.proposals.standing(integration, flow, declined_since, approved_since); .expire(integration, flow, before)
    ledger.proposals.open(run_id, integration, flow, record, draft) -> int
    ledger.outcomes.hold(run_id, record, rows, complaint)

    ledger.runs.find(run_id, ["drift: 3 records of inventory lists are not as the shop was told"], step="transform")

    # load
    ledger.journal(run_id, integration, system, holder="load[3]") -> Journal
    ledger.outcomes.settle(run_id, record, verdicts)      # resolves quarantine entries by itself
    ledger.plans.put(run_id, planned); .of(run_id) -> Iterator[Planned]; .counts(run_id)
    ledger.feeds(integration, flow, run_id) -> FeedBook

    # settle
    ledger.untell(integration, flow, system, overdue) -> list[Late]      # documents of feeds that the target did not take
    ledger.outcomes.balance(run_id) -> dict[str, Balance]
    ledger.outcomes.verdicts(run_id, record=None) -> Iterator[Verdict]
    ledger.outcomes.unaccounted(run_id, record=None) -> Iterator[(record, row, key)]; .noted(run_id, code) -> int
    ledger.runs.close(run_id, "settled" | "failed", note=None)

    ledger.proposals.conclude(integration, flow, run_id=, carried=())   # what was approved and is told

    # people
    ledger.proposals.unasked(integration); .ask(id, by); .decide(id, "approved", by=, note=)
    ledger.proposals.keys(id, integration, flow); .reopen(integration, ids)
    ledger.proposals.answer({id: "approved", id: "rejected"}, by=, asked_by=)      # all of a question, or nothing
    ledger.runs.recent(integration, flow=None, limit=50)
    ledger.overview.standings(integration, flows, days) -> dict[str, Standing]; .runs(integration, flow, before=None)
    ledger.overview.silence(integration, record)
    ledger.terms.note(integration, record, [(kind, key, value)]); .digests(text)     # as records are read
    ledger.searching.find(text, digests=()) -> list[Hit]; ledger.stories.tell(integration, key) -> Story | None
    ledger.actions.note(who, what, integration, key=, subject=, note=); .of(integration, key); .about(what, subject)
    ledger.revisions.latest(kind, name); .save(kind, name, body, author=, parent=, note=); .history(…); .get(id)
    ledger.forget(before) -> dict[str, int]
"""

from __future__ import annotations

from cartage.ledger.opening import Ledger
from cartage.ledger.outcomes import Balance
from cartage.ledger.quarantine import Entry, Quarantined
from cartage.ledger.revisions import Revision, RevisionConflictError
from cartage.ledger.runs import Run
from cartage.ledger.states import Known, State

__all__ = [
    "Balance",
    "Entry",
    "Known",
    "Ledger",
    "Quarantined",
    "Revision",
    "RevisionConflictError",
    "Run",
    "State",
]
