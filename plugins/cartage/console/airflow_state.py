"""What Airflow itself says of the flows' DAGs: paused or on, and their newest runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True)
class DagState:
    """A DAG as Airflow has it.

    Attributes:
        paused: switched off.
        next_at: when the scheduler will start its next run; None without a schedule.
        run_id: its newest run's id; None before the first.
        run_state: that run's state, in Airflow's words.
        run_at: when it began; while it waits, when it was put in line.
        ended_at: when it ended; None while it goes on.
    """

    paused: bool
    next_at: datetime | None
    run_id: str | None = None
    run_state: str | None = None
    run_at: datetime | None = None
    ended_at: datetime | None = None


def dag_states(dag_ids: Sequence[str]) -> dict[str, DagState]:
    """Give the states of DAGs by their ids; a DAG that Airflow has not parsed yet, or lost, is left out."""
    found = {}
    with create_session() as session:
        known = sa.select(DagModel.dag_id, DagModel.is_paused, DagModel.next_dagrun_create_after).where(
            DagModel.dag_id.in_(dag_ids), DagModel.is_stale.is_(False)
        )
        for dag_id, paused, next_at in session.execute(known):
            newest = (
                sa.select(
                    DagRun.run_id,
                    DagRun.state,
                    sa.func.coalesce(DagRun.start_date, DagRun.queued_at, DagRun.run_after),
                    DagRun.end_date,
                )
                .where(DagRun.dag_id == dag_id)
                .order_by(DagRun.id.desc())
                .limit(1)
            )
            run = session.execute(newest).one_or_none()
            found[dag_id] = DagState(paused, next_at, *((run[0], str(run[1]), run[2], run[3]) if run else ()))
    return found
