"""What goes between a process and its workers: pickles, with Arrow tables as Arrow's own stream beside them.

A message is a line of lengths, a pickle, and the buffers that the pickle refers to. Each part is received by one
call of the system, however long it is: a thread that had to wake for every 64 KB would wait for the interpreter
every time.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
from typing import Any

import pyarrow as pa

_COUNT = struct.Struct("<Q")


class Ended(Exception):  # noqa: N818 - nothing is wrong: the other end has gone
    """There is no other end any more."""


def send(end: socket.socket, message: Any) -> None:
    """Send a message.

    Raises:
        OSError: the other end has gone.
    """
    buffers: list[pickle.PickleBuffer] = []
    body = io.BytesIO()
    _Pickler(body, pickle.HIGHEST_PROTOCOL, buffer_callback=buffers.append).dump(message)
    parts = [body.getbuffer(), *(each.raw() for each in buffers)]
    end.sendall(b"".join(_COUNT.pack(each) for each in (len(parts), *(part.nbytes for part in parts))))
    for part in parts:
        end.sendall(part)


def receive(end: socket.socket) -> Any:
    """Wait for a message.

    Raises:
        Ended: the other end has gone.
        OSError: this end was closed meanwhile.
    """
    (count,) = _COUNT.unpack(_part(end, _COUNT.size))
    lengths = struct.unpack(f"<{count}Q", _part(end, _COUNT.size * count))
    body, *buffers = [_part(end, length) for length in lengths]
    return pickle.loads(body, buffers=buffers)  # noqa: S301 - from a process of our own


def _part(end: socket.socket, length: int) -> pa.Buffer:
    buffer = pa.allocate_buffer(length)  # which Arrow can use where it lies
    view, got = memoryview(buffer), 0
    while got < length:
        more = end.recv_into(view[got:], length - got, socket.MSG_WAITALL)
        if not more:
            raise Ended
        got += more
    return buffer


class _Pickler(pickle.Pickler):
    """Pickles tables without the columns that have no value: a batch has hundreds of them."""

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, pa.Table):
            return NotImplemented
        filled = [place for place, column in enumerate(obj.columns) if column.null_count < len(column)]
        sink = pa.BufferOutputStream()
        some = obj.select(filled)
        with pa.ipc.new_stream(sink, some.schema) as stream:
            stream.write_table(some)
        return _table, (obj.schema, obj.num_rows, filled, pickle.PickleBuffer(sink.getvalue()))


def _table(schema: pa.Schema, rows: int, filled: list[int], content: Any) -> pa.Table:
    with pa.ipc.open_stream(pa.py_buffer(content)) as stream:
        found = stream.read_all().columns
    columns = dict(zip(filled, found, strict=True))
    return pa.Table.from_arrays(
        [columns[place] if place in columns else pa.nulls(rows, field.type) for place, field in enumerate(schema)],
        schema=schema,
    )
