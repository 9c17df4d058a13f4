"""Settings of the guardrails: which rows of a feed wait for a person."""

from __future__ import annotations

from pydantic import Field

from cartage.yamlfile import Strict


class Guardrail(Strict):
    """What guardrails of all feeds have in common."""

    first_feed: bool = Field(
        default=True,
        description="Whether a person is asked once before the very first feed of an inventory list or price book goes "
        "out.",
    )
    timeout_hours: float = Field(default=24, gt=0, description="Hours after which an unanswered question is a no.")
    ask_again_hours: float = Field(
        default=24,
        ge=0,
        description="Hours that a no holds while the ERP says the same: so long the rows are held without a new "
        "question, then a person is asked again.",
    )
    approval_hours: float = Field(
        default=72,
        gt=0,
        description="Hours that a yes holds for a run that sends what was approved. What no run could send by then, "
        "since all of them failed, is judged and asked about anew.",
    )
    approvers: tuple[str, ...] = Field(
        default=(),
        description="Ids of the Airflow users who may answer; empty: whoever may edit task instances of the DAG of "
        "proposals.",
    )


class StockGuardrail(Guardrail):
    """When rows of an inventory feed wait for a person."""

    to_zero_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a list's sellable items (0 to 1) that one run may take to zero. Above it, those rows "
        "are held as a proposal and the rest of the feed goes out. Falls that known orders explain never count.",
    )
    to_zero_min: int = Field(
        default=20, ge=0, description="Fewer items than this going to zero are never held, whatever their share."
    )


class PriceGuardrail(Guardrail):
    """When rows of a price feed wait for a person."""

    move_share: float = Field(
        default=0.5,
        gt=0,
        description="Share by which a price may move in one run (0.5: by half, up or down). Rows above it are held.",
    )
    deletion_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a price book's prices (0 to 1) that one run may delete. Above it, the deletions are held "
        "as a proposal and the rest of the feed goes out.",
    )
    deletion_min: int = Field(default=20, ge=0, description="Fewer deletions than this are never held.")
