"""Who is signed in, and what they may do: Airflow's own answers, asked for each flow's DAG.

Reading a flow's pages asks for what reading its runs asks for in Airflow; trying records again, for what
triggering asks for; changing mappings and settings, for what editing the DAG asks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import get_user
from airflow.configuration import conf
from airflow.models.dag import DagModel
from fastapi import Depends, HTTPException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Right = Literal["see", "run", "edit"]
"""See a flow's runs and records; start its runs and try records again; change its mappings and settings."""

_WORDS: dict[Right, str] = {
    "see": "see the flow",
    "run": "start runs of the flow",
    "edit": "change the flow",
}

SignedIn = Annotated[BaseUser, Depends(get_user)]
"""The user of a request; 401 without one."""


class Rights:
    """What one user may do.

    Args:
        user: the one who is signed in.
    """

    def __init__(self, user: BaseUser) -> None:
        self.user = user
        self._answers: dict[tuple[Right, str], bool] = {}
        self._teams: dict[str, str | None] = {}

    @property
    def name(self) -> str:
        """The user's name, as Airflow's audit log has it."""
        return str(self.user.get_name())

    def may(self, right: Right, dag_id: str) -> bool:
        """Say whether the user may do this with the DAG of a flow, ``<integration>.<flow>``."""
        known = self._answers.get((right, dag_id))
        if known is None:
            known = self._answers[right, dag_id] = self._ask(right, dag_id)
        return known

    def among(self, right: Right, dag_ids: Iterable[str]) -> list[str]:
        """Give those of the DAGs with which the user may do this."""
        return [each for each in dag_ids if self.may(right, each)]

    def need(self, right: Right, dag_id: str) -> None:
        """Refuse unless the user may do this.

        Raises:
            HTTPException: 403, saying what is missing.
        """
        if not self.may(right, dag_id):
            raise HTTPException(403, f"You may not {_WORDS[right]} {dag_id}. Ask whoever gives rights in Airflow.")

    def _ask(self, right: Right, dag_id: str) -> bool:
        if conf.getboolean("core", "multi_team", fallback=False) and dag_id not in self._teams:
            self._teams[dag_id] = DagModel.get_team_name(dag_id)
        asked = {
            "see": ("GET", DagAccessEntity.RUN),
            "run": ("POST", DagAccessEntity.RUN),
            "edit": ("PUT", None),
        }[right]
        return bool(
            get_auth_manager().is_authorized_dag(
                method=asked[0],  # type: ignore[arg-type]
                access_entity=asked[1],
                details=DagDetails(id=dag_id, team_name=self._teams.get(dag_id)),
                user=self.user,
            )
        )


def _rights_of(user: SignedIn) -> Rights:
    return Rights(user)


Allowed = Annotated[Rights, Depends(_rights_of)]
"""The rights of a request's user; 401 without one."""


def needs(right: Right) -> Callable[..., None]:
    """Give a dependency that refuses unless the user has this right on the DAG that the path names as `dag_id`."""

    def check(dag_id: str, rights: Allowed) -> None:
        rights.need(right, dag_id)

    return check
