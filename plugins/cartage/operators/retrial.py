"""A run over quarantined records: the ledger is the source, and the steps are the same five."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from cartage.errors import Complaint, SettingsError
from cartage.ledger.states import number_of
from cartage.records.batch import Batch, empty
from cartage.records.outcome import Outcome, Verdict
from cartage.records.wire import from_json
from cartage.seams import Read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.ledger.quarantine import Quarantined
    from cartage.ledger.runs import Run
    from cartage.operators.runtime import Runtime
    from cartage.windows import Selection


def reread(runtime: Runtime, selection: Selection) -> Iterator[Read]:
    """Give the quarantined records that the selection names, as one batch.

    What was never readable as a record stays in quarantine, with a word on how to mend it.

    Raises:
        SettingsError: an id that this flow's quarantine does not have.
    """
    batches, verdicts = [], []
    originals: dict[int, bytes] = {}
    for row, entry in enumerate(_named(runtime, selection)):
        if entry.form == "json" and entry.payload is not None:
            batches.append(from_json(entry.payload, row))
            continue
        why = f"{entry.key}: it could not be read, so it cannot be tried again; mend the drop and leave it again"
        earlier = tuple(each for each in entry.complaints if each.code != "unreadable")
        verdicts.append(Verdict(row, entry.key, Outcome.QUARANTINED, (*earlier, Complaint("unreadable", why))))
        if entry.payload is not None:
            originals[row] = entry.payload
    if not selection.dry_run:
        runtime.ledger.quarantine.retrying(list(selection.quarantine))
    yield Read(_joined(runtime.record, batches), tuple(verdicts), originals)


def renamed(runtime: Runtime, selection: Selection) -> Selection:
    """Turn quarantine ids into the numbers of their records, for a source that is asked again.

    Raises:
        SettingsError: an id that this flow's quarantine does not have.
    """
    entries = _named(runtime, selection)
    if not selection.dry_run:
        runtime.ledger.quarantine.retrying(list(selection.quarantine))
    return replace(selection, keys=_numbers(each.key for each in entries))


def proposed(runtime: Runtime, selection: Selection) -> Selection:
    """Turn proposals into the numbers of their records.

    Raises:
        SettingsError: a proposal that this flow does not have.
    """
    found: list[str] = []
    for each in selection.proposals:
        found.extend(runtime.ledger.proposals.keys(each, runtime.integration.name, runtime.flow))
    return replace(selection, keys=_numbers(found))


def _numbers(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({number_of(key) for key in keys}))


def give_back(runtime: Runtime, run: Run) -> None:
    """Let what a run took up from quarantine, and did not bring through, wait for the next try."""
    if run.selection.quarantine and not run.dry_run:
        runtime.ledger.quarantine.reopen(list(run.selection.quarantine))


def _named(runtime: Runtime, selection: Selection) -> list[Quarantined]:
    entries = runtime.ledger.quarantine.load(list(selection.quarantine))
    ours = [each for each in entries if (each.integration, each.flow) == (runtime.integration.name, runtime.flow)]
    unknown = sorted(set(selection.quarantine) - {each.id for each in ours})
    if unknown:
        flow = f"{runtime.integration.name}.{runtime.flow}"
        raise SettingsError(f"params.quarantine: {flow} has no quarantined record {', '.join(map(str, unknown))}")
    return ours


def _joined(record: str, batches: list[Batch]) -> Batch:
    if not batches:
        return empty(record)
    names = batches[0].tables
    return Batch(record, {name: pa.concat_tables([each.tables[name] for each in batches]) for name in names})
