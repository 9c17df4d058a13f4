"""What the shop says of the import of a feed, element by element.

SFCC skips what is wrong in a feed and still says success. What it skipped stands in a log: that of its job, which WebDAV
serves (`job_logs`), or a file beside the feed that a job step of the merchant's leaves (`file_logs`). The setting
``import.log`` says which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol

from cartage.errors import BatchError, Complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cartage.seams import Feed
    from cartage.settings.feeds import FeedImport
    from cartage.systems.sfcc.feeds.forms import Form
    from cartage.systems.sfcc.feeds.jobs import Ended
    from cartage.systems.sfcc.feeds.reports import Entry, Report
    from cartage.systems.sfcc.hook import SfccHook
    from cartage.systems.sfcc.sftp_folder import SftpFolder


class ImportLogs(Protocol):
    """Where the shop says what became of feeds."""

    def look_for(self, feeds: Sequence[Feed]) -> None:
        """Look for the imports of feeds that were sent by an earlier run, or an earlier try; nothing is raised."""

    def follow(self, ended: Ended) -> None:
        """Read what the shop's job left, that this run has just waited for; nothing is raised."""

    def report(self, name: str, content: Callable[[], IO[bytes]]) -> Report | None:
        """Give what is said of a feed; None while nothing is.

        Args:
            name: the feed's.
            content: opens our copy of it, as it was sent.
        """


class NoLogs:
    """Nothing is said of feeds: what was sent counts as told."""

    def look_for(self, feeds: Sequence[Feed]) -> None:
        """Do nothing."""

    def follow(self, ended: Ended) -> None:
        """Do nothing."""

    def report(self, name: str, content: Callable[[], IO[bytes]]) -> Report | None:  # noqa: ARG002 - of the seam
        """Give nothing."""
        return None


def logs_of(settings: FeedImport, server: SftpFolder, api: Callable[[], SfccHook] | None) -> ImportLogs:
    """Give the logs that the settings choose.

    Args:
        settings: how feeds are imported.
        server: the shop's SFTP server.
        api: gives the shop's API; None where there is none.

    Raises:
        SettingsError: the integration names no API, but the settings need it.
        BatchError: there is nobody to give it; a fault of the caller.
    """
    if settings.reads == "file":
        from cartage.systems.sfcc.feeds.file_logs import FileLogs

        return FileLogs(server, settings.logs)
    if settings.reads == "webdav":
        from cartage.systems.sfcc.feeds.job_logs import JobLogs

        if api is None:
            raise BatchError("logs over WebDAV need the shop's API; this is a fault of the caller")
        return JobLogs(api(), str(settings.job))
    return NoLogs()


@dataclass
class Seen:
    """What is known of a feed's import.

    Attributes:
        refused: why the shop refused all of it; None when it took it.
        skipped: why elements were skipped, by key: list or book, a slash, product.
        groups: why whole lists or books were.
    """

    refused: str | None = None
    skipped: dict[str, tuple[Complaint, ...]] = field(default_factory=dict)
    groups: dict[str, Complaint] = field(default_factory=dict)

    def of(self, key: str) -> tuple[Complaint, ...]:
        """Give why the record with this key was skipped; nothing when it was taken."""
        found = self.skipped.get(key, ())
        if not found and self.groups:
            return tuple(each for group, each in self.groups.items() if key.startswith(f"{group}/"))
        return found

    def all_of(self, key: str) -> tuple[Complaint, ...]:
        """Give why the record with this key did not come in, be it with the whole feed."""
        if self.refused is not None:
            return (Complaint("feed_refused", f"the shop refused the whole feed: {self.refused}"),)
        return self.of(key)


def seen_of(report: Report, form: Form) -> Seen:
    """Turn what a log says into what it means for the records of a feed.

    Args:
        report: what it says.
        form: what kind of feed.
    """
    seen = Seen(report.refused)
    report.told()
    for entry in report.entries:
        group, product = entry.ids.get(form.group_id), entry.ids.get("product-id")
        if not entry.skipped or entry.harmless or group is None:
            continue
        if product is None:
            seen.groups[group] = skipped(entry, report)
        else:
            key = f"{group}/{product}"
            seen.skipped[key] = (*seen.skipped.get(key, ()), skipped(entry, report))
    return seen


def skipped(entry: Entry, report: Report) -> Complaint:
    """Give the shop's reason as ours, with the log that has it."""
    return Complaint(entry.code, f"the shop skipped it: {entry.message} ({entry.severity} in {report.where})")
