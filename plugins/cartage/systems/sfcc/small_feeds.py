"""Small feeds that a target writes whole: named by time and content, and there for the shop only once they are complete."""

from __future__ import annotations

import hashlib
import posixpath
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cartage.systems.sfcc.sftp_folder import SftpFolder


def leave(server: SftpFolder, folder: str, prefix: str, content: bytes) -> str:
    """Leave a feed for the shop's job, under a temporary name until it is whole.

    Names of one prefix sort by time, which is the order in which the shop imports them.

    Args:
        server: the shop's SFTP server.
        folder: where its job looks.
        prefix: beginning of the name: the site, and what the feed tells of.
        content: the feed.

    Returns:
        The path on the server.

    Raises:
        BatchError: wrong credentials, unknown host key, no right to the folder.
        RetryableError: the server does not answer for now, or is full.
    """
    name = f"{prefix}_{datetime.now(UTC):%Y%m%dT%H%M%S%f}_{hashlib.sha256(content).hexdigest()[:12]}.xml"
    path = posixpath.join(folder, name)
    with server.connected():
        server.write(path, content)
    return path
