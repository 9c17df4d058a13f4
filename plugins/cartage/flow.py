"""What a flow is, and the DAG made of it: extract, validate, transform, load, settle."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable

from cartage.integrations import FlowDeploy, Integration, Side, include_folder, load_deploy
from cartage.operators.alerts import on_failure
from cartage.operators.extract import ExtractOperator
from cartage.operators.form import form
from cartage.operators.load import LoadOperator
from cartage.operators.settle import SettleOperator
from cartage.operators.transform import TransformOperator
from cartage.operators.validate import ValidateOperator
from cartage.operators.watermark import asset_of, proposals_alias
from cartage.retrying import ErrorTreePolicy

RETRIES = 4
SLOTS_AT_MOST = 5
"""Slots of the ERP's pool, and so requests at a time, that one load takes."""

DOC = """
{description}

| | |
| --- | --- |
| from | {source} |
| to | {target} |
| schedule | `{schedule}` (UTC) |
| settings | `include/integrations/{integration}.yaml` |
| mappings | `include/mappings/` |

**Switch it off** with Airflow's pause. **Run it by hand** with *Trigger*: some numbers only, a stretch of
time, or a dry run that changes nothing. **After an outage** the next run reads on from the watermark by
itself; *Backfill* reads {backfilled} and leaves the watermark alone.

Every run ends in `settle`, which accounts for each record it read. Its log and the *Quality report* link
on `validate` say what happened.
"""


def flow_dag(integration: str, flow: str, *, record: str, origin: Side = "storefront") -> DAG:
    """Make the DAG of one flow.

    Args:
        integration: name of the integration, as in ``include/integrations``.
        flow: the flow's name within it.
        record: kind of record it carries, a key of `cartage.records.batch.KINDS`.
        origin: the side its records come from; they go to the other one.

    Returns:
        The DAG ``{integration}.{flow}``.

    Raises:
        SettingsError: when the integration's file is wrong; Airflow shows it as an import error.
    """
    joined = load_deploy(integration, include_folder())
    deploy = joined.flow(flow)
    here: dict[str, Any] = {"integration": integration, "flow": flow, "record": record, "origin": origin}
    # Whoever calls the ERP holds slots of the pool that is named for its connection; see `cartage.pools`.
    pool: dict[str, Any] = {"pool": joined.erp.connection}
    idle: dict[str, Any] = {}
    reads, writes = (pool, idle) if origin == "erp" else (idle, pool)
    slots = min(joined.erp.concurrency, SLOTS_AT_MOST) if writes else 1
    watermark = [asset_of(integration, flow)]
    # Feeds are what guardrails hold rows of; an alias tells only when it is told to.
    asks: dict[str, Any] = {"outlets": [proposals_alias(integration, flow)]} if origin == "erp" else {}
    with DAG(
        dag_id=f"{integration}.{flow}",
        description=deploy.description,
        doc_md=_doc(joined, flow, deploy, origin),
        schedule=CronDataIntervalTimetable(deploy.schedule, timezone="UTC") if deploy.schedule else None,
        start_date=deploy.start_at,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=deploy.timeout,
        params=form(record, origin=origin, dry_run=deploy.shadow),
        tags=sorted({"cartage", integration, record, *deploy.tags}),
        default_args=_defaults(deploy),
        on_failure_callback=on_failure(integration, flow),
    ) as dag:
        extract = ExtractOperator(task_id="extract", inlets=watermark, **reads, **here)
        validate = ValidateOperator(task_id="validate", previous=extract.output, **here)
        transform = TransformOperator(task_id="transform", previous=validate.output, **writes, **here)
        load = LoadOperator.partial(task_id="load", pool_slots=slots, slots=slots, **writes, **here).expand(
            previous=transform.output
        )
        settle = SettleOperator(
            task_id="settle", previous=extract.output, inlets=watermark, trigger_rule="all_done", **asks, **here
        )
        extract >> validate >> transform >> load >> settle
    return dag


def _defaults(deploy: FlowDeploy) -> dict[str, Any]:
    return {
        "owner": deploy.owner,
        "retries": RETRIES,
        "retry_policy": ErrorTreePolicy(),
        "execution_timeout": deploy.timeout * 0.9,
    }


def _doc(joined: Integration, flow: str, deploy: FlowDeploy, origin: Side) -> str:
    systems = [joined.storefront.system, joined.erp.system]
    source, target = systems if origin == "storefront" else reversed(systems)
    return DOC.format(
        description=deploy.description,
        source=source,
        target=target,
        backfilled="archived drops again" if origin == "storefront" else "what changed in a stretch of time again",
        schedule=deploy.schedule or "none",
        integration=joined.name,
        flow=flow,
    )
