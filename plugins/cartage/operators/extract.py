"""Extract: work out the window, pull it from the source, stage it in batches."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from cartage.operators.base import FlowOperator, Passage, text_of
from cartage.operators.form import FEEDS, read_form, window_of
from cartage.operators.watermark import read_watermark, remembered
from cartage.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow.sdk import Context

    from cartage.context import FlowContext
    from cartage.ledger.runs import Run
    from cartage.operators.runtime import Runtime
    from cartage.seams import Read
    from cartage.windows import Selection

UNSETTLED = ("running", "queued")


class ExtractOperator(FlowOperator):
    """Read what is new and stage it; see `FlowOperator` for the arguments.

    A try after a failure, or a cleared task, reads the same window again.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Do it.

        Returns:
            A `Passage` as JSON values.

        Raises:
            SettingsError: the run's form or a settings file is wrong.
            RetryableError: the source or the ledger does not answer for now.
        """
        runtime = self.runtime()
        dag_run = context["dag_run"]
        run_type = text_of(dag_run.run_type)
        backfill = run_type == "backfill"
        selection, since, until = read_form(context["params"], backfill=backfill)
        adopt_lost_runs(runtime, context)
        live = remembered(context, lambda: live_window(runtime, context, backfill=backfill))
        window = window_of(since, until, live)
        pin = runtime.pin()
        selection = replace(selection, full=selection.full or self._whole(runtime, pin, window, selection))
        limited_by_date = since is not None or until is not None
        run = runtime.ledger.runs.open(
            integration=self.integration,
            flow=self.flow,
            dag_id=dag_run.dag_id,
            dag_run_id=dag_run.run_id,
            run_type="manual_window" if limited_by_date else run_type,
            started_by=getattr(dag_run, "triggering_user_name", None),
            window=window,
            selection=selection,
            settings_digest=pin,
        )
        begun = runtime.ledger.runs.get(run)
        runtime.ledger.outcomes.restart(run, self.record)
        with runtime.pinned(run, begun.settings_digest) as flow:
            batches = self._stage(runtime, flow, begun, _reads(runtime, flow, begun.window, selection))
            if self.record in FEEDS:
                runtime.ledger.runs.find(run, flow.notes, step="extract")
        extracted = sum(each["records"] for each in batches)
        self.log.info("run %d read %d records in %d batches from %s", run, extracted, len(batches), window.as_dict())
        passage = Passage(run, begun.settings_digest, begun.window.as_dict(), selection.dry_run, tuple(batches))
        return passage.as_dict()

    def _whole(self, runtime: Runtime, pin: str, window: Window, selection: Selection) -> bool:
        """Say whether this run is the one that reads everything, by the settings' time of day.

        The window decides and not the clock: it moves only when a run settles, so a full run that failed is
        followed by another one.
        """
        with runtime.pinned(0, pin) as flow:
            full_at = getattr(getattr(flow.settings, self.flow), "full_at", None)
        return full_at is not None and not selection.limited and crosses(window, full_at)

    def _stage(self, runtime: Runtime, flow: FlowContext, begun: Run, reads: Iterator[Read]) -> list[dict[str, Any]]:
        """Stage each stretch, note every record in the ledger, and set aside what could not be read."""
        from cartage.operators.accounting import note_extracted, quarantine
        from cartage.operators.bookings import note_read, note_sales
        from cartage.operators.findable import note_terms

        run, batches = begun.id, []
        for number, read in enumerate(reads):
            ref = flow.staging.write(str(run), "extracted", number, read.batch)
            note_sales(runtime, flow, begun, read)
            note_extracted(runtime, run, number, read)
            note_terms(runtime, begun, read.batch)
            quarantine(runtime, run, "read", read.verdicts, originals=read.originals)
            if ref.records:
                batches.append(ref.as_dict())
        note_read(runtime, flow, begun)
        runtime.ledger.copies.supersede(run, self.record)
        return batches


def _reads(runtime: Runtime, flow: FlowContext, window: Window, selection: Selection) -> Iterator[Read]:
    """Read the ledger's quarantine when the run names entries of it, else the source.

    What the ERP has of a stock level, a price or a shipment is read anew: an entry of quarantine is out of date.
    """
    from cartage.operators import retrial

    if selection.proposals:
        selection = retrial.proposed(runtime, selection)
    elif selection.quarantine and runtime.from_erp:
        selection = retrial.renamed(runtime, selection)
    elif selection.quarantine:
        return retrial.reread(runtime, selection)
    source = runtime.source_system.source(flow)
    found: Iterator[Read] = source.read(window, selection)
    return found


def crosses(window: Window, at: time) -> bool:
    """Say whether a time of day, in UTC, lies in the window; without a beginning everything does."""
    if window.since is None:
        return True
    last = datetime.combine(window.until.date(), at, UTC)
    if last > window.until:
        last -= timedelta(days=1)
    return window.since < last


def live_window(runtime: Runtime, context: Context, *, backfill: bool) -> Window:
    """Give the window of a run that nobody limited: from the watermark to now, or a backfill's interval."""
    dag_run = context["dag_run"]
    if backfill and dag_run.data_interval_end is not None:
        return Window(since=dag_run.data_interval_start, until=dag_run.data_interval_end)
    return Window(since=read_watermark(runtime, context), until=datetime.now(UTC))


def adopt_lost_runs(runtime: Runtime, context: Context) -> None:
    """Close runs of this flow that the ledger has open although Airflow has ended them.

    A run that was marked failed by hand never reaches `settle`. Its records are held, with the
    reason; this run reads them again, since the watermark did not move.
    """
    from cartage.operators.accounting import hold_rest
    from cartage.operators.retrial import give_back

    ours = context["dag_run"].run_id
    for lost in runtime.ledger.runs.still_open(runtime.integration.name, runtime.flow):
        if lost.dag_run_id == ours or _state_of(context, lost.dag_id, lost.dag_run_id) in UNSETTLED:
            continue
        hold_rest(runtime, lost.id, "run_lost", f"run {lost.dag_run_id} ended without settling")
        give_back(runtime, lost)
        runtime.ledger.runs.close(lost.id, "failed", note=f"adopted by {ours}: Airflow had ended it without settle")


def _state_of(context: Context, dag_id: str, run_id: str) -> str | None:
    """Give the state of another run, None when Airflow does not know it any more."""
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        return text_of(context["ti"].get_dagrun_state(dag_id, run_id))
    except AirflowRuntimeError:
        return None
