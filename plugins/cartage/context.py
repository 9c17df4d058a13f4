"""What a system is handed to be the source or the target of one run of a flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.integrations import Integration
    from cartage.seams import DropBook, FeedBook, Memory
    from cartage.settings import Settings
    from cartage.staging import Staging


@dataclass(frozen=True)
class FlowContext:
    """One run's view of its flow.

    Attributes:
        integration: the storefront and the ERP that are joined.
        flow: name of the flow within it, for example ``orders``.
        record: kind of record it carries, for example ``order``.
        settings: the run's settings, as `extract` resolved and pinned them.
        include: folder with the run's pinned copy of mappings and expectations.
        staging: where batches and drops lie.
        drops: what the ledger knows of drops.
        memory: what the ledger remembers of the flow's records.
        feeds: what the ledger knows of the flow's feeds.
        run: the run's id in the ledger: it stands in the names of feeds.
        full: whether the run reads everything there is, and not only what changed.
        dry_run: whether it only says what it would do.
        notes: what a person should know of the run as a whole; the step shows them in Airflow.
        concurrency: requests to the ERP this task may have under way at a time.
    """

    integration: Integration
    flow: str
    record: str
    settings: Settings
    include: Path
    staging: Staging
    drops: DropBook | None = None
    memory: Memory | None = None
    feeds: FeedBook | None = None
    run: int = 0
    full: bool = False
    dry_run: bool = False
    notes: list[str] = field(default_factory=list)
    concurrency: int = 1
