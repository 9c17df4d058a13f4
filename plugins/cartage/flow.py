"""What a flow is, and the DAG made of it: extract, validate, transform, load, settle."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, CronDataIntervalTimetable

from cartage.integrations import FlowDeploy, Integration, include_folder, load_deploy
from cartage.operators.alerts import on_failure
from cartage.operators.extract import ExtractOperator
from cartage.operators.form import form
from cartage.operators.load import LoadOperator
from cartage.operators.settle import SettleOperator
from cartage.operators.transform import TransformOperator
from cartage.operators.validate import ValidateOperator
from cartage.operators.watermark import asset_of
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
itself; *Backfill* reads archived drops again and leaves the watermark alone.

Every run ends in `settle`, which accounts for each record it read. Its log and the *Quality report* link
on `validate` say what happened.
"""


def flow_dag(integration: str, flow: str, *, record: str) -> DAG:
    """Make the DAG of one flow.

    Args:
        integration: name of the integration, as in ``include/integrations``.
        flow: the flow's name within it.
        record: kind of record it carries, a key of `cartage.records.batch.KINDS`.

    Returns:
        The DAG ``{integration}.{flow}``.

    Raises:
        SettingsError: when the integration's file is wrong; Airflow shows it as an import error.
    """
    joined = load_deploy(integration, include_folder())
    deploy = joined.flow(flow)
    here = {"integration": integration, "flow": flow, "record": record}
    pool = {"pool": joined.erp.connection}  # named for the connection; see `cartage.pools`
    slots = min(joined.erp.concurrency, SLOTS_AT_MOST)
    watermark = [asset_of(integration, flow)]
    with DAG(
        dag_id=f"{integration}.{flow}",
        description=deploy.description,
        doc_md=_doc(joined, flow, deploy),
        schedule=CronDataIntervalTimetable(deploy.schedule, timezone="UTC") if deploy.schedule else None,
        start_date=deploy.start_at,
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=deploy.timeout,
        params=form(record, dry_run=deploy.shadow),
        tags=sorted({"cartage", integration, record, *deploy.tags}),
        default_args=_defaults(deploy),
        on_failure_callback=on_failure(integration, flow),
    ) as dag:
        extract = ExtractOperator(task_id="extract", inlets=watermark, **here)
        validate = ValidateOperator(task_id="validate", previous=extract.output, **here)
        transform = TransformOperator(task_id="transform", previous=validate.output, **pool, **here)
        load = LoadOperator.partial(task_id="load", pool_slots=slots, slots=slots, **pool, **here).expand(
            previous=transform.output
        )
        settle = SettleOperator(
            task_id="settle", previous=extract.output, inlets=watermark, trigger_rule="all_done", **here
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


def _doc(joined: Integration, flow: str, deploy: FlowDeploy) -> str:
    return DOC.format(
        description=deploy.description,
        source=joined.storefront.system,
        target=joined.erp.system,
        schedule=deploy.schedule or "none",
        integration=joined.name,
        flow=flow,
    )
