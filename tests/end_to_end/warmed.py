"""What a fork server does once for all the runs that it forks off: it imports and makes what a run needs first.

Importing this module does it; of a short run it is three quarters of the work. No thread is left running: what is forked
off would not have it.
"""

from __future__ import annotations

import asyncio
import gc
from importlib import import_module

import httpx
import pandas as pd
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.execution_time.supervisor import in_process_api_server
from airflow.serialization.serialized_objects import DagSerialization
from sqlalchemy.orm import configure_mappers

from cartage.quality.engine import Expected, validate
from tests.end_to_end.stack import ROOT

LATE = (
    "airflow.dag_processing.bundles.local",
    "airflow.dag_processing.collection",
    "airflow.jobs.job",
    "airflow.models.dagrun",
    "airflow.providers.amazon.aws.assets.s3",
    "airflow.providers.amazon.aws.hooks.s3",
    "airflow.providers.common.io.assets.file",
    "airflow.providers.postgres.assets.postgres",
    "airflow.providers.sftp.assets.sftp",
    "airflow.providers.sftp.hooks.sftp",
    "airflow.sdk.execution_time.cache",
    "airflow.sdk.execution_time.task_runner",
    "airflow.sdk.execution_time.timeout",
    "airflow.sdk.lineage",
    "cartage.operators.accounting",
    "cartage.operators.bookings",
    "cartage.operators.findable",
    "cartage.operators.retrial",
    "cartage.operators.runtime",
    "cartage.operators.sieve",
    "cartage.settings",
    "cartage.systems.netsuite.entry",
    "cartage.systems.netsuite.target",
    "cartage.systems.netsuite.transform",
    "cartage.systems.sfcc.acknowledging",
    "cartage.systems.sfcc.entry",
    "cartage.systems.sfcc.hook",
    "jinja2.ext",
    "pyarrow.dataset",
    "upath.implementations.local",
)
"""What is imported where it is used first. One that is not there any more is passed over, and then only costs time."""


async def ask_airflows_api() -> None:
    """Let the API that tasks ask make its versions, as it does for the first that asks."""
    transport = in_process_api_server().atransport
    async with httpx.AsyncClient(transport=transport, base_url="http://in-process.invalid") as client:
        (await client.get("/health")).raise_for_status()


def check_a_row() -> None:
    """Let Great Expectations make what it makes once."""
    named = {"column": "name"}
    validate(
        pd.DataFrame({"record": [0], "name": ["a"]}),
        "record",
        [Expected("name_missing", "expect_column_values_to_not_be_null", named, "critical", "Only for this.")],
    )


def warm() -> None:
    """Do it all."""
    for name in LATE:
        try:
            import_module(name)
        except ModuleNotFoundError:
            continue
    asyncio.run(ask_airflows_api())
    configure_mappers()
    for dag in DagBag(str(ROOT / "dags" / "orders.py")).dags.values():
        DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    check_a_row()
    gc.collect()
    gc.freeze()  # a look for garbage in what is forked off would copy all of it


warm()
