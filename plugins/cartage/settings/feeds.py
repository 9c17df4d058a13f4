"""Settings of the feeds that the shop imports."""

from __future__ import annotations

from pydantic import Field

from cartage.yamlfile import Strict


class Feeds(Strict):
    """Where feeds go, how large they may be, and how their import is seen."""

    folder: str = Field(description="Folder on the shop's SFTP server that its job imports from.")
    max_records: int = Field(default=100_000, ge=1, description="Records in one file; more make another file.")
    max_megabytes: int = Field(
        default=100, ge=1, description="Megabytes (10^6 bytes) of one file before it is compressed."
    )
    gzip: bool = Field(default=False, description="Whether files are compressed (`.xml.gz`).")
