"""The steps of the DAG that asks about proposals: collect them, ask about those of a flow, and send what was approved.

Read in Airflow's standard provider 1.x: a task that asks waits without a process of its own, in the state
*awaiting input*; who answers is checked by the API server, and told to the task when it goes on. Two options are
buttons; which of several proposals a yes is about is a field of the form beside them.
https://airflow.apache.org/docs/apache-airflow-providers-standard/stable/operators/hitl.html
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import BaseOperator, Param
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowSkipException

from cartage.operators.asking import APPROVE, CHOSEN, FIRST_FEED, REJECT, Question, labels
from cartage.operators.extract import UNSETTLED, _state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow.sdk import Context

    from cartage.ledger import Ledger
    from cartage.ledger.proposals import Decision, Proposal


def ledger() -> Ledger:
    """Give the ledger, by its Airflow connection."""
    from cartage.ledger import Ledger
    from cartage.operators.runtime import LEDGER_CONNECTION

    return Ledger.from_connection(LEDGER_CONNECTION)


class CollectOperator(BaseOperator):
    """Take up the proposals that nobody asks about yet, and make questions of them.

    Among them are those of runs that have ended without an answer, and those with an answer of no that the run's
    form names. Those of a run of the flow that is still under way are left to its own `settle`, which tells of them:
    a person is to see all that one run held at once.

    Args:
        integration: name of the integration.
    """

    def __init__(self, *, integration: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.integration = integration

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Do it.

        Returns:
            The questions that this run asks: ``about`` says of what, in words; ``proposals`` are the ids.

        Raises:
            SettingsError: the run's form names a proposal that the integration does not have.
        """
        book, ours = ledger(), context["dag_run"].run_id
        book.proposals.reopen(self.integration, [int(each) for each in context["params"].get("proposals") or ()])
        waiting = book.proposals.waiting(self.integration)
        flows = {each.flow for each in waiting}
        under_way = {run.id for flow in flows for run in book.runs.still_open(self.integration, flow)}
        taken = []
        for each in waiting:
            asked_by = None if each.asked_by == ours else each.asked_by
            if asked_by and _state_of(context, context["dag_run"].dag_id, asked_by) in UNSETTLED:
                continue
            if each.run_id not in under_way and book.proposals.ask(each.id, ours, instead_of=asked_by):
                taken.append(each)
        self.log.info("asking about proposals %s", [each.id for each in taken])
        return questions(taken)


def questions(proposals: Iterable[Proposal]) -> list[dict[str, Any]]:
    """Make one question of what one flow held: of its first feeds one, of what looks wrong another.

    The two stay apart since a yes to a first feed is a full run, and a yes to the others reads some items anew.
    """
    found: dict[str, list[int]] = {}
    for each in proposals:
        about = f"{each.flow}: {'first feed' if each.guardrail == FIRST_FEED else 'what looks wrong'}"
        found.setdefault(about, []).append(each.id)
    return [{"about": about, "proposals": numbers} for about, numbers in sorted(found.items())]


class AskOperator(HITLOperator):
    """Ask a person about proposals of one flow, and write the answer to the ledger.

    Args:
        question: what `CollectOperator` gave: the proposals' ids, and in words what they are about.
    """

    template_fields = ("subject", "body", "question")

    def __init__(self, *, question: Any, **kwargs: Any) -> None:
        super().__init__(subject="A question", options=[APPROVE, REJECT], defaults=REJECT, **kwargs)
        self.question = question

    def execute(self, context: Context) -> dict[str, Any]:
        """Ask, and wait.

        Returns:
            What became of the proposals, when there is nothing to ask any more.
        """
        proposals, ours = self._proposals(), context["dag_run"].run_id
        still = [each for each in proposals if each.state == "open" and each.asked_by == ours]
        for each in proposals:
            if each not in still:
                self.log.info("proposal %d is %s, so nobody is asked: %s", each.id, each.state, each.note)
        if not still:
            return _answered(proposals)
        asked = Question.about(still)
        self.subject, self.body = asked.subject, asked.body
        if len(still) > 1:
            self.params = ParamsDict({CHOSEN: choice_of(asked)})
        figures = still[-1].figures  # the newest, in case the settings changed
        self.response_timeout = timedelta(hours=figures["timeout_hours"])
        self.assigned_users = [{"id": each, "name": each} for each in figures["approvers"]] or None
        self._tell(still, context)
        return dict(super().execute(context) or {})

    def _proposals(self) -> list[Proposal]:
        book = ledger().proposals
        return [book.get(int(each)) for each in self.question["proposals"]]

    def _tell(self, proposals: list[Proposal], context: Context) -> None:
        """Alert whom the settings name that somebody is asked; a channel that fails holds nothing back."""
        from cartage.operators.alerts import AlertNotifier, in_force, proposal_alert, run_of

        integration, numbers = proposals[0].integration, [each.id for each in proposals]
        alert = proposal_alert(integration, run_of(context), numbers, self.subject)
        AlertNotifier(alert, in_force(integration)).notify(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Write down what was decided, and by whom.

        Returns:
            What became of the proposals: ids, and nothing of who answered.

        Raises:
            RetryableError: the form names something that was not asked about; it is asked again.
        """
        answer = super().execute_complete(context, event)
        proposals = self._proposals()
        decided: dict[int, Decision] = {each.id: "timed_out" for each in proposals}
        if not event.get("timedout"):
            decided = decisions(proposals, answer)
        by, ours = _named(answer["responded_by_user"]), context["dag_run"].run_id
        ended = ledger().proposals.answer(decided, by=by, asked_by=ours)
        for each in ended:
            if each.state == decided[each.id]:
                self.log.info("proposal %d is %s", each.id, each.state)
            else:
                self.log.warning(
                    "the answer is not acted upon: proposal %d is %s meanwhile, %s", each.id, each.state, each.note
                )
        return _answered(ended)


class SendOperator(TriggerDagRunOperator):
    """Start the one run of the flow that sends what was approved of a question; skipped where nothing was.

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
        asked, approved = (list(self.answered[name]) for name in ("proposals", "approved"))
        if not approved:
            raise AirflowSkipException(f"nothing was approved of the proposals {asked}")
        first = ledger().proposals.get(approved[0])
        self.trigger_dag_id = f"{first.integration}.{first.flow}"
        self.trigger_run_id = f"proposal__{asked[0]}__{context['dag_run'].run_id}"
        self.conf = {"full": True} if first.guardrail == FIRST_FEED else {"proposals": approved}
        super().execute(context)


def choice_of(asked: Question) -> Param:
    """Give the form's field in which a person takes out what is not to be approved; it begins with all."""
    every = list(asked.choices)
    return Param(
        every,
        type="array",
        items={"type": "string"},
        examples=every,
        title=asked.title,
        description="Approve takes what stands here, and rejects what you take out.",
    )


def decisions(proposals: list[Proposal], answer: Mapping[str, Any]) -> dict[int, Decision]:
    """Give what an answer says of each proposal; without a word on which, it is about all.

    Raises:
        RetryableError: the form names something that was not asked about.
    """
    from cartage.errors import RetryableError

    known = labels(proposals)
    chosen = answer["params_input"].get(CHOSEN, list(known)) if answer["chosen_options"] == [APPROVE] else []
    if strange := sorted(set(chosen) - known.keys()):
        raise RetryableError(
            f"the answer's field {CHOSEN} names {', '.join(map(repr, strange))}, which the question does not have: "
            f"choose among {', '.join(known)}; the question is asked again"
        )
    approved = {known[each] for each in chosen}
    return {each.id: "approved" if each.id in approved else "rejected" for each in proposals}


def _answered(proposals: list[Proposal]) -> dict[str, Any]:
    approved = [each.id for each in proposals if each.state == "approved"]
    return {"proposals": [each.id for each in proposals], "approved": approved}


def _named(user: Mapping[str, str] | None) -> str | None:
    """Give whom Airflow names as the one who answered; None when time ran out."""
    if not user:
        return None
    return user["id"] if user["name"] in {"", user["id"]} else f"{user['name']} ({user['id']})"
