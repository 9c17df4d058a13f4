"""Settle: account for every record, tell the source, move the watermark, in this order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from cartage.errors import BatchError, CartageError
from cartage.operators.base import FlowOperator, Passage, text_of
from cartage.operators.following import follow_feeds
from cartage.operators.links import PlanLink
from cartage.records.outcome import DRIFT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow.sdk import Context

    from cartage.context import FlowContext
    from cartage.ledger.runs import Run
    from cartage.operators.runtime import Runtime
    from cartage.records.outcome import Verdict
    from cartage.windows import Window

NUMBERED = 1_000
"""Verdicts whose numbers are looked up together."""

BEFORE = ("extract", "validate", "transform", "load")
BROKEN = frozenset({"failed", "upstream_failed"})


class SettleOperator(FlowOperator):
    """Close the run; the only leaf of a flow's DAG. See `FlowOperator` for the arguments."""

    operator_extra_links = (PlanLink(),)

    def execute(self, context: Context) -> dict[str, Any]:
        """Do it.

        Returns:
            The run's counts, and from where to where it read; also pushed under the key ``watermark``.

        Raises:
            BatchError: a step failed, or the sums differ; the watermark stays.
        """
        runtime = self.runtime()
        run = self._run(runtime, context)
        if run is None:
            raise BatchError("extract failed before it opened a run, so there is nothing to settle: see its log")
        broken = self._broken(context)
        counts = self._account(runtime, run, broken)
        begun = runtime.ledger.runs.get(run)
        with runtime.pinned(run, begun.settings_digest) as flow:
            if begun.dry_run:
                self._show_plan(runtime, begun)
            else:
                self._acknowledge(runtime, flow, run)
                follow_feeds(runtime, flow, run)
            # Only now: an empty watermark is seeded from settled runs, and must not pass what the shop was not told.
            self._close(runtime, begun, broken)
            self._clean_up(runtime, flow, begun.window)
            if not begun.dry_run:  # last: what comes before may be tried again, and people are told once
                self._alert(runtime, flow, begun, counts, context)
        summary = {"run": run, "counts": counts, **begun.window.as_dict()}
        self.log.info("run %d: %s", run, ", ".join(f"{name}={number}" for name, number in counts.items()))
        if broken:
            raise BatchError(
                f"{', '.join(broken)} failed, so run {run} is closed as failed and the watermark stays where it was. "
                "Its records are accounted for; the next run reads them again."
            )
        if not begun.limited:
            from cartage.operators.watermark import move_watermark

            summary["watermark"] = move_watermark(runtime, context, begun.window.until).isoformat()
            context["ti"].xcom_push(key="watermark", value=summary["watermark"])
        if self.outlets and not begun.dry_run:
            from cartage.operators.guardrails import conclude

            conclude(runtime, begun, context)
        return summary

    @staticmethod
    def _clean_up(runtime: Runtime, flow: FlowContext, window: Window) -> None:
        """Let go of what is older than the settings say; of the ledger's notes once a day, since it takes longer."""
        now = datetime.now(UTC)
        flow.staging.sweep(now - timedelta(days=flow.settings.staging_days))
        if window.since is None or window.since.date() != window.until.date():
            runtime.ledger.forget(now - timedelta(days=flow.settings.audit_days))

    def _run(self, runtime: Runtime, context: Context) -> int | None:
        """Give the run's id: from extract, or from the ledger when extract died after opening it."""
        if self.previous:
            return Passage.of(self.previous).run
        ours = context["dag_run"].run_id
        still = runtime.ledger.runs.still_open(self.integration, self.flow)
        return next((each.id for each in still if each.dag_run_id == ours), None)

    def _broken(self, context: Context) -> list[str]:
        """Name the steps that failed; a step that only had nothing to do is skipped, not failed."""
        dag_run = context["dag_run"]
        states = context["ti"].get_task_states(dag_run.dag_id, run_ids=[dag_run.run_id]).get(dag_run.run_id, {})
        found = {task.split("[")[0].removesuffix("_") for task, state in states.items() if text_of(state) in BROKEN}
        return [task for task in BEFORE if any(name == task or name.startswith(f"{task}_") for name in found)]

    def _account(self, runtime: Runtime, run: int, broken: list[str]) -> dict[str, int]:
        """See in the ledger that every record has an outcome, and give the run's counts.

        Raises:
            BatchError: records have no outcome although every step went through.
        """
        from cartage.operators.accounting import counts_of, hold_rest

        if broken:
            hold_rest(runtime, run, "step_failed", f"the run's step {broken[0]} failed before this record was done")
        counts = counts_of(runtime, run, self.record)
        if counts["unaccounted"]:
            named = [key for _, _, key in runtime.ledger.outcomes.unaccounted(run)][:5]
            runtime.ledger.runs.close(run, "failed", note=f"{counts['unaccounted']} records unaccounted for")
            raise BatchError(
                f"run {run} does not balance: {counts['unaccounted']} of {counts['extracted']} records have no outcome, "
                f"among them {', '.join(named)}. The watermark stays. Clear the run's load task to send them."
            )
        return counts

    def _acknowledge(self, runtime: Runtime, flow: FlowContext, run: int) -> None:
        """Tell the source what became of its records.

        Raises:
            CartageError: it cannot be told; the run is then failed, until a further try settles it.
        """
        source = runtime.source_system.source(flow)
        try:
            source.acknowledge(self._numbered(runtime, run))
        except CartageError as error:
            runtime.ledger.runs.close(run, "failed", note=f"the source could not be told: {error}")
            raise

    @staticmethod
    def _close(runtime: Runtime, begun: Run, broken: list[str]) -> None:
        from cartage.operators.retrial import give_back

        give_back(runtime, begun)
        runtime.ledger.runs.close(
            begun.id, "failed" if broken else "settled", note=f"{broken[0]} failed" if broken else None
        )

    def _numbered(self, runtime: Runtime, run: int) -> Iterator[Verdict]:
        """Give the run's verdicts with the numbers that people see in the ERP."""
        outcomes = runtime.ledger.outcomes
        for some in batched(outcomes.verdicts(run, self.record), NUMBERED):
            known = outcomes.known(self.integration, self.record, [each.key for each in some])
            for verdict in some:
                state = known.get(verdict.key)
                yield replace(verdict, target_number=state.target_number) if state else verdict

    def _show_plan(self, runtime: Runtime, begun: Run) -> None:
        """Write the page of what would be sent, and leave its address for the task's link."""
        from cartage.operators.planning import publish_plan

        self.page = publish_plan(runtime, begun)
        self.log.info("nothing was sent; what would be is on the page %s, linked on this task as Plan", self.page)

    def _alert(self, runtime: Runtime, flow: FlowContext, begun: Run, counts: dict[str, int], context: Context) -> None:
        """Tell whom the settings name of what needs someone; of silence only when the run read all there was."""
        from cartage.operators import alerts

        name = f"{self.integration}.{self.flow}"
        share = float(flow.settings.alerts.quarantined_share)
        held = runtime.ledger.quarantine
        asking, late = held.asking(begun.id), held.late(begun.id)
        found = [alerts.quarantine_alert(name, alerts.run_of(context), counts, share, asking=asking, late=late)]
        drifted = runtime.ledger.outcomes.noted(begun.id, DRIFT)
        limit = float(flow.settings.alerts.drifted_share)
        found.append(alerts.drift_alert(name, alerts.run_of(context), drifted, counts["extracted"], limit))
        refused = [each.name for each in flow.drops.refused()] if flow.drops else []
        if refused:
            self.log.warning("%d drops could not be read, or not to their end: %s", len(refused), ", ".join(refused))
        found.append(alerts.drops_alert(name, alerts.run_of(context), refused))
        if self.flow == "orders" and not begun.limited:
            seen = runtime.ledger.overview.silence(self.integration, self.record)
            found.extend(alerts.silence_alerts(flow.settings, seen, datetime.now(UTC), begun.window.since))
        for alert in filter(None, found):
            alerts.AlertNotifier(alert, flow.settings.alerts).notify(context)


def batched(verdicts: Iterable[Verdict], size: int) -> Iterator[list[Verdict]]:
    """Give them in lists of at most `size`."""
    rest = iter(verdicts)
    while some := list(islice(rest, size)):
        yield some
