"""What the five operators share: which flow they serve, and what passes between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from cartage.windows import Window

if TYPE_CHECKING:
    from cartage.integrations import Side
    from cartage.operators.runtime import Runtime


@dataclass(frozen=True)
class Passage:
    """What one step tells the next by XCom: small, and about no person.

    Attributes:
        run: the run's id in the ledger.
        pin: digest of the settings and mappings the run uses.
        window: what `extract` read.
        dry_run: whether nothing may change.
        batches: references of the staged batches.
    """

    run: int
    pin: str
    window: dict[str, str | None]
    dry_run: bool
    batches: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """Give the passage as JSON values."""
        return {
            "run": self.run,
            "pin": self.pin,
            "window": self.window,
            "dry_run": self.dry_run,
            "batches": list(self.batches),
        }

    @classmethod
    def of(cls, values: dict[str, Any]) -> Passage:
        """Read what `as_dict` wrote."""
        return cls(values["run"], values["pin"], values["window"], values["dry_run"], tuple(values["batches"]))

    def with_batches(self, batches: list[dict[str, Any]]) -> Passage:
        """Give the same run with other batches."""
        return Passage(self.run, self.pin, self.window, self.dry_run, tuple(batches))

    @property
    def read(self) -> Window:
        """The window as such."""
        return Window.of(self.window)


class FlowOperator(BaseOperator):
    """A step of a flow.

    Args:
        integration: name of the integration, as in ``include/integrations``.
        flow: the flow's name within it.
        record: kind of record the flow carries.
        origin: the side of the integration where its records come from.

    Attributes:
        page: address of the page that the task's link leads to, once there is one.
    """

    template_fields = ("previous",)
    page = ""

    def __init__(
        self,
        *,
        integration: str,
        flow: str,
        record: str,
        origin: Side = "storefront",
        previous: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.integration = integration
        self.flow = flow
        self.record = record
        self.origin: Side = origin
        self.previous = previous

    def runtime(self) -> Runtime:
        """Give the flow's runtime; imported here so that parsing a DAG stays light."""
        from cartage.operators.runtime import Runtime

        return Runtime(self.integration, self.flow, self.record, self.origin)


def text_of(value: object) -> str:
    """Give Airflow's word for a kind or a state of runs: it hands them out as texts or as members of an enum.

    Such a member is equal to its text, but `str` of it is ``DagRunType.BACKFILL``.
    """
    return str(value.value if isinstance(value, Enum) else value)
