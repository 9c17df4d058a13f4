"""What goes between a process and its workers: pickles, with Arrow tables as Arrow's own stream beside them.

A message is its length, the lengths of its parts, a pickle, and the buffers that the pickle refers to. It is sent by
one call of the system, or few, and received by two, however long it is: after each call a thread has to wait for the
interpreter, and the other thread, which works, gives that up a few hundred times a second only.
"""

from __future__ import annotations

import io
import pickle
import socket
import struct
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD = struct.Struct("<QQ")
"""Bytes that follow, and parts among them."""

_ALIGNED = 64
"""Arrow wants its buffers to begin at multiples of it."""

_AT_ONCE = 512
"""Buffers a call of the system; Linux takes 1,024 at most and refuses more as too long a message."""


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
    lengths = struct.pack(f"<{len(parts)}Q", *(each.nbytes for each in parts))
    padded: list[bytes | memoryview] = []
    for part in (memoryview(lengths), *parts):
        padded += [part, bytes(-part.nbytes % _ALIGNED)]
    total = sum(map(len, padded))
    _send_all(end, [_HEAD.pack(total, len(parts)), *padded])


def _send_all(end: socket.socket, parts: Sequence[bytes | memoryview]) -> None:
    left = [memoryview(each) for each in parts if len(each)]
    while left:
        sent = end.sendmsg(left[:_AT_ONCE])
        while left and sent >= left[0].nbytes:
            sent -= left.pop(0).nbytes
        if left:
            left[0] = left[0][sent:]


def receive(end: socket.socket) -> Any:
    """Wait for a message.

    Raises:
        Ended: the other end has gone.
        OSError: this end was closed meanwhile.
    """
    total, count = _HEAD.unpack(_block(end, _HEAD.size))
    block = _block(end, total)
    lengths = struct.unpack(f"<{count}Q", block.slice(0, count * 8))
    parts, begin = [], _padded(count * 8)
    for length in lengths:
        parts.append(block.slice(begin, length))
        begin += _padded(length)
    body, *buffers = parts
    return pickle.loads(body, buffers=buffers)  # noqa: S301 - from a process of our own


def _padded(length: int) -> int:
    return length + -length % _ALIGNED


def _block(end: socket.socket, length: int) -> pa.Buffer:
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
