"""The steps of the DAG that asks about proposals: collect them, ask about each, and send what was approved.

Read in Airflow's standard provider 1.x: a task that asks waits without a process of its own, in the state
*awaiting input*; who answers is checked by the API server, and told to the task when it goes on.
https://airflow.apache.org/docs/apache-airflow-providers-standard/stable/operators/hitl.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from cartage.operators.extract import UNSETTLED, _state_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.sdk import Context

    from cartage.ledger import Ledger
    from cartage.ledger.proposals import Decision, Proposal

APPROVE, REJECT = "Approve", "Reject"
FIRST_FEED = "first_feed"


def ledger() -> Ledger:
    """Give the ledger, by its Airflow connection."""
    from cartage.ledger import Ledger
    from cartage.operators.runtime import LEDGER_CONNECTION

    return Ledger.from_connection(LEDGER_CONNECTION)


class CollectOperator(BaseOperator):
    """Take up the proposals that nobody asks about yet.

    Among them are those of runs that have ended without an answer, and those with an answer of no that the run's
    form names.

    Args:
        integration: name of the integration.
    """

    def __init__(self, *, integration: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.integration = integration

    def execute(self, context: Context) -> list[int]:
        """Do it.

        Returns:
            Ids of the proposals that this run asks about.
        """
        book, ours = ledger().proposals, context["dag_run"].run_id
        book.reopen([int(each) for each in context["params"].get("proposals") or ()])
        taken = []
        for each in book.waiting(self.integration):
            asked_by = None if each.asked_by == ours else each.asked_by
            if asked_by and _state_of(context, context["dag_run"].dag_id, asked_by) in UNSETTLED:
                continue
            if book.ask(each.id, ours, instead_of=asked_by):
                taken.append(each.id)
        self.log.info("asking about proposals %s", taken)
        return taken


class AskOperator(HITLOperator):
    """Ask a person about one proposal, and write the answer to the ledger.

    Args:
        proposal: its id.
    """

    template_fields = ("subject", "body", "proposal")

    def __init__(self, *, proposal: Any, **kwargs: Any) -> None:
        super().__init__(subject="A proposal", options=[APPROVE, REJECT], defaults=REJECT, **kwargs)
        self.proposal = proposal

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask, and wait.

        Returns:
            What became of the proposal, when there is nothing to ask any more: id and state.
        """
        from cartage.operators.asking import question

        proposal = ledger().proposals.get(int(self.proposal))
        if proposal.state != "open":
            self.log.info("proposal %d is %s, so nobody is asked: %s", proposal.id, proposal.state, proposal.note)
            return _answered(proposal)
        figures = proposal.figures
        self.subject, self.body = question(proposal)
        self.response_timeout = timedelta(hours=figures["timeout_hours"])
        self.assigned_users = [{"id": each, "name": each} for each in figures["approvers"]] or None
        self._tell(proposal, context)
        return dict(super().execute(context) or {})

    def _tell(self, proposal: Proposal, context: Context) -> None:
        """Alert whom the settings name that somebody is asked; a channel that fails holds nothing back."""
        from cartage.integrations import include_folder
        from cartage.operators.alerts import AlertNotifier, proposal_alert, run_of
        from cartage.settings import load_settings

        settings = load_settings(proposal.integration, include_folder()).alerts
        alert = proposal_alert(proposal.integration, run_of(context), proposal.id, self.subject)
        AlertNotifier(alert, settings).notify(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Write down what was decided, and by whom.

        Returns:
            What became of the proposal: id and state, and nothing of who answered.
        """
        answer = super().execute_complete(context, event)
        decision: Decision = "approved" if answer["chosen_options"] == [APPROVE] else "rejected"
        if event.get("timedout"):
            decision = "timed_out"
        proposal = ledger().proposals.decide(int(self.proposal), decision, by=_named(answer["responded_by_user"]))
        if proposal.state != decision:
            self.log.warning(
                "the answer is not acted upon: proposal %d is %s meanwhile, %s",
                proposal.id, proposal.state, proposal.note,
            )  # fmt: skip
        else:
            self.log.info("proposal %d is %s", proposal.id, proposal.state)
        return _answered(proposal)


class SendOperator(TriggerDagRunOperator):
    """Start a run of the flow that sends what was approved; skipped where nothing was.

    Args:
        answered: what `AskOperator` gave.
    """

    template_fields = (*TriggerDagRunOperator.template_fields, "answered")

    def __init__(self, *, answered: Any, **kwargs: Any) -> None:
        super().__init__(trigger_dag_id="a flow", skip_when_already_exists=True, **kwargs)
        self.answered = answered

    def execute(self, context: Context) -> None:
        """Do it.

        Raises:
            AirflowSkipException: nothing was approved.
        """
        if self.answered["state"] != "approved":
            raise AirflowSkipException(f"proposal {self.answered['proposal']} is {self.answered['state']}")
        proposal = ledger().proposals.get(self.answered["proposal"])
        self.trigger_dag_id = f"{proposal.integration}.{proposal.flow}"
        self.trigger_run_id = f"proposal__{proposal.id}__{context['dag_run'].run_id}"
        self.conf = {"full": True} if proposal.guardrail == FIRST_FEED else {"proposals": [proposal.id]}
        super().execute(context)


def _answered(proposal: Proposal) -> dict[str, Any]:
    return {"proposal": proposal.id, "state": proposal.state}


def _named(user: Mapping[str, str] | None) -> str | None:
    """Give whom Airflow names as the one who answered; None when time ran out."""
    if not user:
        return None
    return user["id"] if user["name"] in {"", user["id"]} else f"{user['name']} ({user['id']})"
