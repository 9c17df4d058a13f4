"""Columns as the text of XML: values written canonically, escaped, and told apart where XML cannot hold them.

Everything here works on whole Arrow columns: a Python object for each of a million rows would cost more than
writing the feed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping.frames import number_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_QUOTE = ('"', "&quot;")
_RETURN = ("\r", "&#13;")
_ATTRIBUTE_BLANKS = (("\t", "&#9;"), ("\n", "&#10;"), _RETURN)

FORBIDDEN = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
"""Characters that XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets)."""

_MILLISECONDS = pa.timestamp("ms", tz="UTC")


def written(column: pa.Array) -> pa.Array:
    """Write a column's values as XML Schema does, not yet escaped.

    Decimals have neither an exponent nor zeros at their end; moments are in UTC to the millisecond,
    ``2026-11-22T00:15:00.123Z``, what is beyond it dropped; flags are ``true`` and ``false``.

    Raises:
        TypeError: a column of any other type has no form in a feed.
    """
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_date(kind):
        return pc.cast(column, pa.string())
    if pa.types.is_decimal(kind):
        return _by_value(column, number_text)
    if pa.types.is_timestamp(kind):
        return _by_value(column, _moments)
    if pa.types.is_null(kind):
        return pc.cast(column, pa.string())
    raise TypeError(f"a column of {kind} has no form in a feed")


def escaped(texts: pa.Array, *, attribute: bool = False) -> pa.Array:
    """Escape texts for an element's content, or for an attribute in double quotes, as lxml does."""
    marks = '[&<>\r"\t\n]' if attribute else "[&<>\r]"
    if not pc.any(pc.match_substring_regex(texts, marks)).as_py():
        return texts
    for plain, entity in (*_ESCAPES, *((_QUOTE, *_ATTRIBUTE_BLANKS) if attribute else (_RETURN,))):
        texts = pc.replace_substring(texts, plain, entity)
    return texts


def escape(text: str, *, attribute: bool = False) -> str:
    """Escape one text; see `escaped`."""
    return str(escaped(pa.array([text]), attribute=attribute)[0].as_py())


def sizes(texts: pa.Array) -> NDArray[np.int64]:
    """Give how many bytes each text has in UTF-8."""
    lengths: NDArray[np.int64] = np.diff(_bounds(texts)).astype(np.int64)
    return lengths


def content(texts: pa.Array) -> memoryview:
    """Give the bytes of all texts, one behind the other, without copying them; none may be null."""
    if not len(texts):
        return memoryview(b"")
    bounds = _bounds(texts)
    return memoryview(texts.buffers()[2])[int(bounds[0]) : int(bounds[-1])]


def _bounds(texts: pa.Array) -> NDArray[np.int32]:
    if not len(texts):
        return np.zeros(1, np.int32)
    return np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]


def _by_value(column: pa.Array, write: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Write each distinct value once: counts, prices and moments repeat."""
    encoded = column.dictionary_encode()
    return write(encoded.dictionary).take(encoded.indices)


def _moments(moments: pa.Array) -> pa.Array:
    if moments.type.tz is None:
        raise TypeError("a moment without a zone could mean several")
    utc = pc.cast(pc.floor_temporal(moments, unit="millisecond"), _MILLISECONDS, safe=False)
    return pc.strftime(utc, format="%Y-%m-%dT%H:%M:%SZ")
