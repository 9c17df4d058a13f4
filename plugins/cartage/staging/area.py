"""The staging area: batches by run, and the archive of every drop that ever landed.

```
{root}/batches/{run}/{step}/{number}/{table}.{generation}.arrow
                                     batch.json          names the files of the one whole generation
{root}/landing/{flow}/{content hash}/{drop name}
{root}/landing/{flow}.feeds/{content hash}/{feed name}
```

A batch is published by writing `batch.json`, last and in one piece. A task that is killed before
leaves files that nobody reads; a task that writes again replaces what `batch.json` names, and leaves
the files of before until the run is swept: of two writers that both live, neither takes the other's away.
This needs no rename of folders, so it holds on object storage as well as on a disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import uuid
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
from airflow.sdk import ObjectStoragePath

from cartage.errors import BatchError
from cartage.records.batch import KINDS, Batch, BatchRef

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

_Place: TypeAlias = "ObjectStoragePath | Path"

_WRITTEN = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
"""Arrow's own file format, which pandas, Polars and R read too. Measured on batches of 1,000 orders: Parquet takes 2.4 times
as long to write and to read, and half of the space, for a batch that lives a few days; see docs/decisions/0002."""

MARKER = "batch.json"
FEEDS = ".feeds"
"""What the name of a flow ends with in the landing archive where its feeds lie: copies of what we sent, not drops."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def safe_name(text: str) -> str:
    """Give a file name for any text: unsafe characters become `_`, and then a hash keeps it unique.

    >>> safe_name("orders_20260105T101500.xml")
    'orders_20260105T101500.xml'
    >>> safe_name("manual__2026-01-05T10:15:00+00:00")[:33]
    'manual__2026-01-05T10_15_00_00_00'
    """
    safe = _UNSAFE.sub("_", text)
    if safe == text and text.strip("."):
        return text
    return f"{safe}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


class Staging:
    """Reads and writes batches and landed drops under one root.

    Args:
        root: a folder (``/var/lib/cartage``) or a URI that Airflow's object storage knows
            (``file:///var/lib/cartage``, ``s3://aws_default@bucket/cartage``).
    """

    def __init__(self, root: str) -> None:
        uri = root if "://" in root else f"file://{Path(root).absolute()}"
        self.root = ObjectStoragePath(uri)
        if _local(self.root):  # names and addresses lie here: nobody else on the machine is to read them
            Path(self.root.path).mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, run: str, step: str, number: int, batch: Batch) -> BatchRef:
        """Stage a batch; the same run, step and number again replaces it.

        Args:
            run: id of the run, any text.
            step: the step that made the batch, for example ``extract``.
            number: the batch's number within the run, from 0.
            batch: the records.

        Returns:
            A reference whose `uri` alone is enough to read the batch back.
        """
        place = self.root / "batches" / safe_name(run) / safe_name(step) / f"{number:05d}"
        folder, generation = _nearest(place), uuid.uuid4().hex[:12]
        folder.mkdir(parents=True, exist_ok=True)
        written = {
            name: _write_table(folder / f"{name}.{generation}.arrow", table)
            for name, table in batch.tables.items()
            if table.num_rows  # most orders have no notes: a file that is not written costs nothing to read
        }
        marker = {"record": batch.record, "number": number, "records": len(batch), "tables": written}
        publish(folder / MARKER, json.dumps(marker).encode())
        return BatchRef(str(place), batch.record, number, len(batch))

    def read(self, ref: BatchRef, columns: Mapping[str, Collection[str]] | None = None) -> Batch:
        """Read a staged batch, every table with the columns and types of its record.

        Args:
            ref: where it is.
            columns: by table, the columns to read, for who needs few of them; None: all of every table.

        Raises:
            BatchError: the batch is not there, was never written to its end, or is damaged.
        """
        with _damage_named(ref.uri):
            return self._read(_nearest(ObjectStoragePath(ref.uri)), columns)

    @staticmethod
    def _read(folder: _Place, columns: Mapping[str, Collection[str]] | None) -> Batch:
        try:
            marker = json.loads((folder / MARKER).read_bytes())
        except FileNotFoundError as error:
            raise BatchError(
                f"{folder}: there is no whole batch here. It was swept away by age, or the task that wrote it "
                "was killed: clear the task that made it."
            ) from error
        schemas = KINDS[marker["record"]].TABLES
        if columns is not None:
            schemas = {
                name: pa.schema([each for each in schema if each.name in columns.get(name, ())])
                for name, schema in schemas.items()
            }
        tables = {
            name: _read_table(folder, schema, written)
            if (written := marker["tables"].get(name))
            else schema.empty_table()
            for name, schema in schemas.items()
        }
        return Batch(marker["record"], tables)

    def read_each(
        self, refs: Iterable[BatchRef], columns: Mapping[str, Collection[str]] | None = None
    ) -> Iterator[Batch]:
        """Read staged batches in their order, the next one while one is worked at.

        Args:
            refs: where they are.
            columns: as in `read`.

        Raises:
            BatchError: as `read` does.
        """
        with ThreadPoolExecutor(1, thread_name_prefix="staging") as reader:
            ahead: Future[Batch] | None = None
            for ref in refs:
                following = reader.submit(self.read, ref, columns)
                if ahead is not None:
                    yield ahead.result()
                ahead = following
            if ahead is not None:
                yield ahead.result()

    def land(self, flow: str, name: str, content_hash: str, content: IO[bytes]) -> str:
        """Copy a drop into the landing archive, where it stays as it came.

        Args:
            flow: the flow that reads it, for example ``sfcc_netsuite.orders``.
            name: the drop's file name on the source; it cannot lead out of its folder.
            content_hash: SHA-256 of its bytes, in hex.
            content: the bytes, read from where the file stands to its end.

        Returns:
            The URI to open it with. The same content and name again gives the same URI.
        """
        target = self.root / "landing" / safe_name(flow) / safe_name(content_hash) / safe_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target if not _local(target) else target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.part"
        with _open(partial, "wb") as copy:
            shutil.copyfileobj(content, copy, 1 << 20)
        if _local(target):
            Path(partial.path).replace(target.path)
        return str(target)

    def open_landed(self, uri: str) -> IO[bytes]:
        """Open a landed drop for reading.

        Raises:
            BatchError: the archive no longer has it.
        """
        try:
            return _open(ObjectStoragePath(uri), "rb")
        except FileNotFoundError as error:
            raise BatchError(
                f"{uri}: the landing archive no longer has this drop. Put the file into the source's folder again."
            ) from error

    @contextmanager
    def local_path(self, uri: str) -> Iterator[Path]:
        """Give a landed drop as a local file, copied only when the archive is not on this machine's disk."""
        path = ObjectStoragePath(uri)
        if _local(path):
            if not Path(path.path).is_file():
                self.open_landed(uri)
            yield Path(path.path)
            return
        with tempfile.TemporaryDirectory(prefix="cartage-") as folder, self.open_landed(uri) as content:
            local = Path(folder) / path.name
            with local.open("wb") as copy:
                shutil.copyfileobj(content, copy, 1 << 20)
            yield local

    def sweep(self, older_than: datetime) -> int:
        """Remove the batches of runs that wrote nothing since `older_than` (aware), and reports older than that.

        Our own copies of feeds go by the same age. The drops in the landing archive stay: backfills read them, and
        their age is the merchant's to decide.

        Returns:
            How many runs' batches were removed.
        """
        landing = self.root / "landing"
        flows = list(landing.iterdir()) if landing.exists() else []
        for folder in [self.root / "reports", *(each for each in flows if each.name.endswith(FEEDS))]:
            _sweep_files(folder, older_than)
        batches = self.root / "batches"
        if not batches.exists():
            return 0
        swept = 0
        for run in list(batches.iterdir()):
            written = [each.stat().st_mtime for each in run.rglob("*") if each.is_file()]
            if max(written, default=0.0) < older_than.timestamp():
                run.rmdir(recursive=True)
                swept += 1
        return swept


def _sweep_files(folder: ObjectStoragePath, older_than: datetime) -> None:
    for file in list(folder.rglob("*")) if folder.exists() else []:
        if file.is_file() and file.stat().st_mtime < older_than.timestamp():
            file.unlink()


def _local(path: ObjectStoragePath) -> bool:
    return str(path.protocol) == "file"


def _open(path: ObjectStoragePath, mode: str) -> IO[bytes]:
    file: IO[bytes] = path.open(mode)  # type: ignore[no-untyped-call]
    return file


def _nearest(path: ObjectStoragePath) -> _Place:
    """Give a path as the standard library's where it is on this machine's disk: that names a file in a tenth of the time."""
    return Path(path.path) if _local(path) else path


def publish(path: _Place, content: bytes) -> None:
    """Write a small file so that it is there whole or not at all; object storage does so by itself."""
    near = _nearest(path) if isinstance(path, ObjectStoragePath) else path
    if not isinstance(near, Path):
        near.write_bytes(content)
        return
    partial = near.with_name(f"{near.name}.{uuid.uuid4().hex[:8]}.part")
    partial.write_bytes(content)
    partial.replace(near)


def _write_table(path: _Place, table: pa.Table) -> dict[str, Any]:
    """Write the columns that hold anything; give what the marker says of the file.

    Most of a wide table's columns are empty in any one batch, and a column costs time even so.
    """
    table = table.select([name for name in table.column_names if table[name].null_count < len(table)])
    with _sink(path) as sink:
        with pa.ipc.new_file(sink, table.schema, options=_WRITTEN) as file:
            file.write_table(table.combine_chunks())
        return {"file": path.name, "bytes": sink.tell(), "columns": table.column_names}


def _read_table(folder: _Place, schema: pa.Schema, written: Mapping[str, Any]) -> pa.Table:
    """Read a schema's columns of a table, given what the marker says of its file."""
    wanted = [place for place, name in enumerate(written["columns"]) if name in schema.names]
    # Columns are small: a thread for each costs twice the time.
    options = pa.ipc.IpcReadOptions(use_threads=False, included_fields=wanted)
    with _opened(folder / written["file"]) as source:
        size = source.seek(0, os.SEEK_END)
        if size != written["bytes"]:
            raise pa.ArrowInvalid(f"{written['file']} has {size} bytes of {written['bytes']}")
        table = pa.ipc.open_file(source, options=options).read_all()
    read = dict(zip(table.column_names, table.columns, strict=True))
    columns = [read[each.name] if each.name in read else pa.nulls(len(table), each.type) for each in schema]
    return pa.Table.from_arrays(columns, schema=schema)


@contextmanager
def _damage_named(uri: str) -> Iterator[None]:
    """Say which batch cannot be read, and what to do.

    A machine that lost its power may leave files empty, cut off or gone, and an earlier version of Cartage others.
    """
    try:
        yield
    except (pa.ArrowInvalid, json.JSONDecodeError, KeyError, OSError) as error:
        of_system = isinstance(error, OSError) and error.errno is not None  # Arrow's own have none
        if of_system and not isinstance(error, FileNotFoundError):
            raise
        raise BatchError(f"{uri}: the batch is damaged ({error}): clear the task that made it.") from error


@contextmanager
def _sink(path: _Place) -> Iterator[Any]:
    if isinstance(path, Path):
        with pa.OSFile(str(path), "wb") as sink:
            yield sink
    else:
        with _open(path, "wb") as file:
            yield file


@contextmanager
def _opened(path: _Place) -> Iterator[Any]:
    if isinstance(path, Path):
        with pa.memory_map(str(path)) as source:
            yield source
    else:
        with _open(path, "rb") as file:
            yield file
