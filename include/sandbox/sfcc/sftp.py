"""The shop's SFTP server: one user, one root folder, the folders of a usual set-up.

Real SFTP semantics over asyncssh: rename refuses to overwrite (POSIX rename does not), stat and
append work, and a path that climbs out of the root is refused rather than quietly normalised.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncssh

if TYPE_CHECKING:
    from pathlib import Path

    from asyncssh.misc import MaybeAwait

    from sandbox.sfcc.conduct import Conduct, UploadFault

FOLDERS = (
    "outbound/orders",
    "outbound/orders/archive",
    "outbound/orders/rejected",
    "outbound/customers",
    "outbound/customers/archive",
    "outbound/customers/rejected",
    "inbound/acknowledgements",
    *(
        f"inbound/{kind}{below}"
        for kind in ("inventory", "pricebooks", "stores", "shipments")
        for below in ("", "/archive", "/error")
    ),
)
"""What `include/integrations/sfcc_netsuite.yaml` reads and writes. Jobs move feeds to archive or error."""


@dataclass(frozen=True)
class SftpLogin:
    """Who may sign in: by password or with the private key that `host_keys` keeps in the sandbox's home."""

    username: str
    password: str


class _Gate(asyncssh.SSHServer):
    """Lets one user in, by password or public key."""

    def __init__(self, login: SftpLogin, client_key: asyncssh.SSHKey) -> None:
        self._login = login
        self._client_key = client_key.export_public_key()

    def begin_auth(self, _: str) -> bool:
        return True  # everyone has to prove who they are

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return username == self._login.username and password == self._login.password

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        # A comment is not part of a key, so the two are compared by their key data.
        return username == self._login.username and key.export_public_key().split()[:2] == self._client_key.split()[:2]


class _Jail(asyncssh.SFTPServer):
    """Serves one folder as the whole file system, and fails uploads as told."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], chroot: bytes, conduct: Conduct | None) -> None:
        super().__init__(channel, chroot=chroot)
        self._conduct = conduct
        self._failing: dict[int, UploadFault] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        """Open a file; an upload that is to fail is marked."""
        file = super().open(path, pflags, attrs)
        if self._conduct and pflags & asyncssh.FXF_WRITE:
            fault = self._conduct.upload_fault("/" + os.fsdecode(path).lstrip("/"))
            if fault:
                self._failing[id(file)] = fault
        return file

    def write(self, file_obj: object, offset: int, data: bytes) -> MaybeAwait[int]:
        """Write a block, or the part of it that comes before the failure."""
        fault = self._failing.get(id(file_obj))
        if fault is None or offset + len(data) <= fault.after_bytes:
            return super().write(file_obj, offset, data)
        if fault.seconds:
            return self._write_late(file_obj, offset, data)
        super().write(file_obj, offset, data[: max(0, fault.after_bytes - offset)])
        if fault.full:
            raise asyncssh.SFTPNoSpaceOnFilesystem("No space left on device")
        self.channel.get_connection().abort()
        raise asyncssh.SFTPConnectionLost("the connection is lost")

    async def _write_late(self, file_obj: object, offset: int, data: bytes) -> int:
        """Write the part of a block that may come, and after a while the rest, if anyone is still there."""
        fault = self._failing.pop(id(file_obj))
        early = max(0, fault.after_bytes - offset)
        super().write(file_obj, offset, data[:early])
        assert self._conduct is not None, "who tells of faults tells how long they last"
        await self._conduct.stand_still(fault)
        if file_obj.closed:  # type: ignore[attr-defined]  # asyncssh's own type for it is `object`
            raise asyncssh.SFTPConnectionLost("the client went away meanwhile")
        super().write(file_obj, offset + early, data[early:])
        return len(data)

    def close(self, file_obj: object) -> None:
        """Close a file."""
        self._failing.pop(id(file_obj), None)
        super().close(file_obj)

    def map_path(self, path: bytes) -> bytes:
        """Give the local path of a remote one, or refuse it when it leads out of the root."""
        parts = [part for part in path.split(b"/") if part not in {b"", b"."}]
        depth = 0
        for part in parts:
            depth += -1 if part == b".." else 1
            # Only "/.." itself may pass, since every listing of the root looks at it: the root's parent is the root.
            if depth < 0 and parts != [b".."]:
                raise asyncssh.SFTPPermissionDenied("the path climbs out of the root folder")
        local = super().map_path(path)
        root = os.path.realpath(super().map_path(b"/"))
        # A link inside the root may still point outside of it.
        real = os.path.realpath(local)
        if real != root and not real.startswith(root + b"/"):
            raise asyncssh.SFTPPermissionDenied("the path leads out of the root folder")
        return local

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        """Refuse links: what they point at could leave the root later."""
        raise asyncssh.SFTPPermissionDenied("links are not served here")

    def link(self, oldpath: bytes, newpath: bytes) -> None:  # noqa: ARG002
        """Refuse hard links, for the same reason."""
        raise asyncssh.SFTPPermissionDenied("links are not served here")


def make_folders(root: Path) -> None:
    """Make the usual folders below `root`; what is there already stays."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)


def key_at(path: Path) -> asyncssh.SSHKey:
    """Read the Ed25519 private key at `path`, made on first use and readable by its owner only."""
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519", comment="cartage-sandbox")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(key.export_private_key())
    return asyncssh.read_private_key(path)


def public_line(key: asyncssh.SSHKey) -> str:
    """Give ``ssh-ed25519 AAAA…``, the form that the `host_key` extra of Airflow's SFTP connection takes."""
    return " ".join(key.export_public_key().decode("ascii").split()[:2])


async def serve(home: Path, login: SftpLogin, port: int, conduct: Conduct | None = None) -> asyncssh.SSHAcceptor:
    """Start the server on loopback.

    Args:
        home: the sandbox's home; ``home/sftp`` is served, the keys lie in ``home/keys``.
        login: who may sign in.
        port: TCP port, 0 for any free one.
        conduct: how uploads are told to fail.

    Raises:
        OSError: the port is taken.
    """
    root = home / "sftp"
    make_folders(root)
    client_key = key_at(home / "keys" / "sftp_client_key")
    return await asyncssh.listen(
        "127.0.0.1",
        port,
        server_host_keys=[key_at(home / "keys" / "ssh_host_key")],
        server_factory=lambda: _Gate(login, client_key),
        sftp_factory=lambda channel: _Jail(channel, os.fsencode(root.resolve()), conduct),
        allow_scp=False,
        reuse_address=True,
    )
