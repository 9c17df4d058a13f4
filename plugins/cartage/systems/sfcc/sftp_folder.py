"""A folder of drops on the shop's SFTP server: listing, taking, moving aside.

The transport is Airflow's own `SFTPHook`: host keys are verified by default. What it lacks is added
here: typed errors, and a check that a file has stopped growing.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import posixpath
import re
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

import paramiko

from cartage.errors import BatchError, CartageError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from airflow.providers.sftp.hooks.sftp import SFTPHook

log = logging.getLogger(__name__)

LEFT = 3600
"""Seconds, by the server's clock, after which a half file of ours is taken for one that nobody goes on writing."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on the server, as one look saw it. `modified` is the server's time, seconds since 1970."""

    path: str
    name: str
    size: int
    modified: int


class SftpFolder:
    """The shop's SFTP server, with typed errors.

    Args:
        hook: Airflow's; its connection is opened once per `connected` block.
        prefetch: request many blocks of a file at a time; some servers need False.
        sleep: how to wait, in seconds.
        now: the time, seconds since 1970.
    """

    def __init__(
        self,
        hook: SFTPHook,
        *,
        prefetch: bool = True,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._hook = hook
        self._prefetch = prefetch
        self._sleep = sleep
        self._now = now
        self._where = f"SFTP connection {hook.ssh_conn_id}"
        self._swept: set[tuple[str, re.Pattern[str]]] = set()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Hold one connection open.

        Raises:
            BatchError: unknown host key, wrong credentials, no right to a folder.
            RetryableError: the server does not answer, or the connection was lost.
        """
        with self._typed_errors(), self._hook.get_managed_conn():
            yield

    def files(self, folder: str) -> list[RemoteFile]:
        """List a folder's files by name; folders and links to them are left out.

        Raises:
            BatchError: there is no such folder.
        """
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            try:
                found = connection.listdir_attr(folder)
            except FileNotFoundError as error:
                raise BatchError(
                    f"{self._where}: there is no folder {folder}; create it, or correct drops.folder in the settings"
                ) from error
        files = [
            RemoteFile(posixpath.join(folder, each.filename), each.filename, each.st_size or 0, int(each.st_mtime or 0))
            for each in found
            if stat.S_ISREG(each.st_mode or stat.S_IFREG)
        ]
        return sorted(files, key=lambda each: each.name)

    def settled(self, files: list[RemoteFile], stable_seconds: int) -> list[RemoteFile]:
        """Keep the files that have stopped growing; the others are taken by a later run.

        A file that is older than `stable_seconds` and looks the same a second time has. For younger
        ones this waits once, for as long as the youngest needs, and looks again. A server's clock may
        be off: a file from the future is waited for like a new one.
        """
        ages = [self._now() - each.modified for each in files]
        wait = max((stable_seconds - age if age >= 0 else stable_seconds for age in ages), default=0)
        if wait > 0:
            self._sleep(min(wait, stable_seconds))
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            return [each for each in files if self._same(connection, each)]

    def fetch(self, file: RemoteFile, target: IO[bytes]) -> str | None:
        """Copy a file's content, hashing it on the way.

        Returns:
            SHA-256 in hex, or None when the file changed meanwhile: it is then left for a later run.
        """
        hashing = _Hashing(target)
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            try:
                connection.getfo(file.path, hashing, prefetch=self._prefetch)
            except OSError as error:
                if isinstance(error, FileNotFoundError) or "size mismatch" in str(error):
                    return None
                raise
            return hashing.digest.hexdigest() if self._same(connection, file) else None

    def move(self, path: str, folder: str, name: str, suffix: str) -> str:
        """Move a file into a folder, which is made when it is missing. Nothing is ever overwritten.

        Args:
            path: where it is.
            folder: where it goes.
            name: its name there; when that is taken, `suffix` is put behind it, then a number.
            suffix: what tells it from another of the same name.

        Returns:
            Its new path.
        """
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            self._make(folder)
            taken = set(connection.listdir(folder))
            names = [name, f"{name}.{suffix}"]
            while names[0] in taken:
                names = [*names[1:], f"{name}.{suffix}.{len(taken) + len(names)}"]
            target = posixpath.join(folder, names[0])
            connection.rename(path, target)
            return target

    def write(self, path: str, content: bytes) -> None:
        """Write a small file so that it appears whole: under a temporary name, then renamed."""
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            self._make(posixpath.dirname(path))
            partial = f"{path}.tmp"
            self._sweep(connection, partial, connection.putfo(io.BytesIO(content), partial).st_mtime)
            if self._exists(connection, path):
                connection.remove(path)
            connection.rename(partial, path)

    def put(self, path: str, content: IO[bytes], size: int) -> None:
        """Bring a file over so that it appears whole: under ``{path}.part``, its size checked, then renamed.

        A file of that name is replaced, so that doing it again after a lost connection is doing it once. Half files
        of earlier runs that were lost are swept away.

        Args:
            path: where it goes; its folder is made when it is missing.
            content: the bytes, read from where the file stands to its end.
            size: how many they are.

        Raises:
            RetryableError: the server is full, the connection was lost, or not all of it arrived.
        """
        partial = f"{path}.part"
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            self._make(posixpath.dirname(path))
            try:
                connection.putfo(content, partial)
                arrived = connection.stat(partial)
                if arrived.st_size != size:
                    raise RetryableError(
                        f"{self._where}: {arrived.st_size} of {size} bytes of {path} arrived; it is sent again"
                    )
                self._sweep(connection, partial, arrived.st_mtime)
                self._replace(connection, partial, path)
            except OSError as error:
                with suppress(OSError, EOFError, paramiko.SSHException):
                    connection.remove(partial)  # half a file helps nobody, and a full server least
                if isinstance(error, PermissionError):
                    raise
                raise RetryableError(
                    f"{self._where}: {path} could not be brought over ({error or type(error).__name__}). It is tried "
                    "again; if it goes on, see whether the server is full"
                ) from error

    def read(self, path: str, target: IO[bytes]) -> bool:
        """Copy a file's content; gives False when there is no such file."""
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            try:
                connection.getfo(path, target, prefetch=self._prefetch)
            except FileNotFoundError:
                return False
            return True

    def has(self, path: str) -> bool:
        """Say whether there is such a file."""
        with self._typed_errors(), self._hook.get_managed_conn() as connection:
            return self._exists(connection, path)

    def hash(self, file: RemoteFile) -> str | None:
        """Hash a file's content as it is now."""
        return self.fetch(file, io.BytesIO())

    def _sweep(self, connection: Any, partial: str, now: int | None) -> None:
        """Remove half files that lost runs left beside this one: named like it but for numbers, and old.

        Args:
            connection: to the server.
            partial: path of a half file that was written just now.
            now: when, by the server's clock, whatever ours says.
        """
        folder, name = posixpath.split(partial)
        ours = re.compile(re.sub(r"\d+", r"\\d+", re.escape(name)))
        if (folder, ours) in self._swept:
            return
        self._swept.add((folder, ours))
        with suppress(OSError):  # what cannot be tidied up stops no feed
            for each in connection.listdir_attr(folder):
                if ours.fullmatch(each.filename) and (now or 0) - (each.st_mtime or 0) > LEFT:
                    connection.remove(posixpath.join(folder, each.filename))
                    log.warning("%s: removed %s, which a lost run left half written", folder, each.filename)

    def _make(self, folder: str) -> None:
        if not self._hook.isdir(folder):
            self._hook.create_directory(folder)

    def _replace(self, connection: Any, partial: str, path: str) -> None:
        """Rename over what may be there: at once where the server knows how, else in two steps."""
        try:
            connection.posix_rename(partial, path)
        except OSError:
            if self._exists(connection, path):
                connection.remove(path)
            connection.rename(partial, path)

    def _same(self, connection: Any, file: RemoteFile) -> bool:
        try:
            seen = connection.stat(file.path)
        except FileNotFoundError:
            return False
        return (seen.st_size or 0, int(seen.st_mtime or 0)) == (file.size, file.modified)

    def _exists(self, connection: Any, path: str) -> bool:
        try:
            connection.stat(path)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def _typed_errors(self) -> Iterator[None]:
        try:
            yield
        except CartageError:
            raise
        except paramiko.BadHostKeyException as error:
            raise BatchError(
                f"{self._where}: the server's host key is not the one in the connection. If the server was replaced, "
                "put its new key into the extra `host_key`; if not, somebody may stand between."
            ) from error
        except paramiko.AuthenticationException as error:
            raise BatchError(
                f"{self._where}: the server refused user or key; correct login, password or key"
            ) from error
        except paramiko.SSHException as error:
            if "known_hosts" in str(error):
                raise BatchError(
                    f"{self._where}: the server's host key is unknown. Compare its fingerprint with the operator's, then "
                    "put the key into the connection's extra `host_key`."
                ) from error
            raise RetryableError(f"{self._where}: the connection failed ({error}); it is tried again") from error
        except PermissionError as error:
            raise BatchError(f"{self._where}: no right to do this ({error}); give the user read and write") from error
        except (OSError, EOFError) as error:
            if getattr(error, "errno", None) == errno.EACCES:
                raise BatchError(
                    f"{self._where}: no right to do this ({error}); give the user read and write"
                ) from error
            raise RetryableError(f"{self._where}: the connection was lost ({error}); it is tried again") from error


class _Hashing(io.RawIOBase):
    """Passes bytes on and hashes them."""

    def __init__(self, target: IO[bytes]) -> None:
        super().__init__()
        self._target = target
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self.digest.update(content)
        self._target.write(content)
        return len(content)
