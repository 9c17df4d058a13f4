"""Where a writer writes to: a path or an open file, plain or gzipped."""

from __future__ import annotations

import gzip as gzip_module
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def opened(target: Path | IO[bytes], *, gzip: bool, level: int = 9) -> Iterator[IO[bytes]]:
    """Open a path for writing, or take an open file, which stays open; compress what is written if asked to.

    A gzip file carries no time, so that the same content gives the same bytes.
    """
    if isinstance(target, Path):
        with target.open("wb") as file, opened(file, gzip=gzip, level=level) as inner:
            yield inner
    elif gzip:
        with gzip_module.GzipFile(fileobj=target, mode="wb", compresslevel=level, mtime=0) as packed:
            yield cast("IO[bytes]", packed)
    else:
        yield target
