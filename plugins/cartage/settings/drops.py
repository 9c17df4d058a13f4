"""Where a shop leaves files for us, and how a drop is known."""

from __future__ import annotations

import re
from functools import cached_property

from pydantic import Field, field_validator, model_validator

from cartage.yamlfile import Strict, wrong

_SITE = "{site}"


class Drops(Strict):
    """A folder of the shop's SFTP server, and how to take drops from it."""

    folder: str = Field(
        description="Folder where the shop leaves drops. `{site}` may stand in it: `/outbound/{site}/orders`."
    )
    pattern: str = Field(
        description="Regular expression that a file's whole name must match. Its group `site` names the site, unless "
        "`{site}` stands in the folder; its group `exported_at`, if any, the export time as `YYYYMMDDTHHMMSS` in GMT."
    )
    archive: str = Field(description="Folder that settled drops are moved to.")
    rejected: str = Field(
        description="Folder that drops which cannot be read are moved to, each with its reason beside it."
    )
    stable_seconds: int = Field(
        default=20, ge=0, description="Seconds that a file must not have grown; until then it is still being written."
    )
    max_megabytes: int = Field(
        default=600, ge=1, description="Megabytes of one unpacked drop; a larger one is rejected, as a gzip bomb is."
    )

    @field_validator("folder", "archive", "rejected")
    @classmethod
    def _check_folder(cls, folder: str) -> str:
        if not folder.startswith("/") or ".." in folder.split("/"):
            raise wrong(f"`{folder}` is no absolute folder; write for example `/outbound/orders`")
        if re.search(r"[{}]", folder.replace(_SITE, "")):
            raise wrong(f"`{folder}`: only {_SITE} may stand in braces")
        return folder.rstrip("/") or "/"

    @field_validator("pattern")
    @classmethod
    def _check_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as problem:
            raise wrong(f"is no regular expression: {problem}") from None
        return pattern

    @model_validator(mode="after")
    def _check_site(self) -> Drops:
        if "site" not in self.regex.groupindex and _SITE not in self.folder:
            raise wrong(
                "has no group named `site`; write (?P<site>[A-Za-z0-9-]+), or put {site} into the folder", "pattern"
            )
        for name in ("archive", "rejected"):
            if getattr(self, name) == self.folder:
                raise wrong(f"is the same folder as `folder`; drops would be read again from {self.folder}", name)
        return self

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern, compiled; use `fullmatch` on a file's name."""
        return re.compile(self.pattern)
