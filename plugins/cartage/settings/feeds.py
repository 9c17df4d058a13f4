"""Settings of the feeds that the shop imports."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field, model_validator

from cartage.yamlfile import Strict, wrong


class FeedImport(Strict):
    """How the shop is made to import feeds, and how its import is seen.

    SFCC skips what is wrong in a feed and still says success, so a job that ended well does not say that
    everything came in: only a log of each import does.
    """

    trigger: Literal["none", "job"] = Field(
        default="none",
        description="`none`: a job of the shop's own schedule imports what it finds. `job`: that job is started by OCAPI "
        "as soon as the feeds are there.",
    )
    job: str | None = Field(
        default=None, description="Id of the job in Business Manager, for `trigger: job` and for `log: webdav`."
    )
    wait_seconds: int = Field(
        default=900,
        ge=0,
        description="Seconds that a run waits for the job's end. After that its records count as sent, and a later run "
        "reads the logs.",
    )
    poll_seconds: float = Field(default=5, gt=0, description="Seconds between two looks at the job.")
    log: Literal["webdav", "file", "none"] | None = Field(
        default=None,
        description="Where it is read what the shop skipped. `webdav`: in the log of its job, which SFCC's own import steps "
        "leave on WebDAV; it is read with the API client. `file`: in `<feed>.log.jsonl` in the folders `logs`, as the job "
        "step in deploy/sfcc leaves it. `none`: nowhere, what was sent counts as told. Null: `file` where `logs` names "
        "folders, else `webdav` where `job` is named, else `none`.",
    )
    logs: tuple[str, ...] = Field(
        default=(),
        description="Folders on the shop's SFTP server where its job leaves a log of each import, `<feed>.log.jsonl`. "
        "Their form is in docs/sfcc.md.",
    )

    @property
    def reads(self) -> Literal["webdav", "file", "none"]:
        """Where it is read what the shop skipped."""
        if self.log is not None:
            return self.log
        return "file" if self.logs else "webdav" if self.job else "none"

    @model_validator(mode="after")
    def _job_is_named(self) -> FeedImport:
        if self.trigger == "job" and not self.job:
            raise wrong("`trigger: job` needs the job's id; write `job: <id>`, as Business Manager shows it", "job")
        if self.log == "webdav" and not self.job:
            raise wrong("`log: webdav` needs the job's id; write `job: <id>`, as Business Manager shows it", "job")
        if self.log == "file" and not self.logs:
            raise wrong("`log: file` needs the folders of the logs; write `logs: [/inbound/…/archive]`", "logs")
        return self


class Feeds(Strict):
    """Where feeds go, how large they may be, and how their import is seen."""

    folder: str = Field(description="Folder on the shop's SFTP server that its job imports from.")
    max_records: int = Field(default=100_000, ge=1, description="Records in one file; more make another file.")
    max_megabytes: int = Field(
        default=100, ge=1, description="Megabytes (10^6 bytes) of one file before it is compressed."
    )
    gzip: bool = Field(default=False, description="Whether files are compressed (`.xml.gz`).")
    imported: FeedImport = Field(
        alias="import", default_factory=FeedImport, description="How the shop imports them, and how that is seen."
    )


class InventoryHeader(Strict):
    """What the header of an inventory list says of it. Whether it uses on-order stands with the list."""

    default_instock: bool = Field(
        default=False,
        description="Whether products without a record count as in stock: true sells what nobody counted.",
    )
    description: str | None = Field(default=None, max_length=4000, description="Description in Business Manager.")
    use_bundle_inventory_only: bool | None = Field(
        default=None,
        description="Whether a bundle has stock of its own, whatever its members have; null leaves it as it is.",
    )


class InventoryFeeds(Feeds):
    """Inventory feeds."""

    header: InventoryHeader = Field(
        default_factory=InventoryHeader, description="What the header of every list says, unless it has one of its own."
    )
    headers: dict[str, InventoryHeader] = Field(
        default_factory=dict, description="Headers of single lists, by list id."
    )


class PriceHeader(Strict):
    """What the header of a price book says of it. Its currency is that of its prices."""

    display_name: dict[str, str] = Field(
        default_factory=dict,
        description="Names of the book by locale (`de`, or `x-default`); none leaves them as they are.",
    )
    description: dict[str, str] = Field(default_factory=dict, description="Descriptions by locale, likewise.")
    online: bool | None = Field(
        default=True, description="Whether the shop uses the book; null leaves it as Business Manager has it."
    )
    online_from: AwareDatetime | None = Field(
        default=None, description="From when the book holds, with its zone: `2026-11-27T00:00:00+01:00`; null: always."
    )
    online_to: AwareDatetime | None = Field(default=None, description="Until when the book holds; null: for good.")
    parent: str | None = Field(
        default=None, min_length=1, max_length=256, description="Price book that has the prices which this one lacks."
    )

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> PriceHeader:
        if self.online_from and self.online_to and self.online_from >= self.online_to:
            raise wrong("must be later than online_from", "online_to")
        return self


class PriceFeeds(Feeds):
    """Price feeds."""

    header: PriceHeader = Field(
        default_factory=PriceHeader, description="What the header of every book says, unless it has one of its own."
    )
    headers: dict[str, PriceHeader] = Field(default_factory=dict, description="Headers of single books, by book id.")
    deletion: Literal["delete-all", "delete"] = Field(
        default="delete-all",
        description="What goes when the ERP has no price any more: `delete-all` takes every price of the item in the book, "
        "`delete` spares those with dates.",
    )
