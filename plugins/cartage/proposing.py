"""The DAG that asks people about what guardrails held back: collect, then for each question ask and send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, task_group

from cartage.integrations import include_folder, load_deploy
from cartage.operators.alerts import on_failure
from cartage.operators.proposals import AskOperator, CollectOperator, SendOperator
from cartage.operators.watermark import proposals_asset
from cartage.retrying import ErrorTreePolicy

NAME = "proposals"
RUNS = 64
"""Runs that may wait for answers at a time; a waiting question holds no process."""

DOC = """
A guardrail holds rows of a feed that look wrong: stock that falls to zero all over a list, prices that move too far,
the first feed of a list. The rest of the feed goes out; a run of this DAG asks a person about the rows: of a flow's first
feeds in one question, of what looks wrong in another.

**Answer** under *Required Actions*. *Approve* starts one run of the flow that reads the items anew and sends them; what
you take out of the field beside it is rejected. *Reject* leaves the shop as it is, and so does no answer. The ledger
keeps who decided, and when.

**Ask again** about what was rejected: *Trigger* this DAG with the proposals' ids. Limits, time-outs and who may
answer are settings of the flow, under `guardrail`.
"""


def proposals_dag(integration: str) -> DAG:
    """Make the DAG ``{integration}.proposals``.

    It runs when a flow's `settle` says that there is something to ask, and waits without holding up the flow.

    Args:
        integration: name of the integration, as in ``include/integrations``.

    Raises:
        SettingsError: when the integration's file is wrong; Airflow shows it as an import error.
    """
    joined = load_deploy(integration, include_folder())
    with DAG(
        dag_id=f"{integration}.{NAME}",
        description="People decide about what guardrails of the feeds held back.",
        doc_md=DOC,
        schedule=[proposals_asset(integration)],
        catchup=False,
        max_active_runs=RUNS,
        is_paused_upon_creation=False,  # a question that nobody is asked is a no
        params={
            "proposals": Param(
                [],
                type=["array", "null"],
                items={"type": "integer"},
                title="Proposals",
                description="Ask again about these, which were rejected or not answered. Empty asks what nobody did.",
            )
        },
        tags=["cartage", integration, NAME],
        default_args={
            "owner": ", ".join(sorted({each.owner for each in joined.flows.values()})),
            "retries": 4,
            "retry_delay": timedelta(seconds=20),  # where Airflow itself loses a task, the policy is not asked
            "retry_policy": ErrorTreePolicy(),
        },
        on_failure_callback=on_failure(integration, NAME),
    ) as dag:
        collected = CollectOperator(task_id="collect", integration=integration)

        @task_group(group_id="question")
        def one(question: Any) -> None:
            asked = AskOperator(task_id="ask", question=question, map_index_template="{{ task.question.about }}")
            SendOperator(task_id="send", answered=asked.output)

        one.expand(question=collected.output)
    return dag
