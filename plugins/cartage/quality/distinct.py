"""Judging each distinct value once: a column of 200,000 lines has a few hundred of them.

Most expectations judge a value by itself. For these, Great Expectations is given a column's distinct values instead of
its rows, those of all tables side by side in one frame (shorter columns are filled up with their own first value,
which is judged again and means nothing), and what it says of a value is laid out over the rows that have it. Whether
there is a value at all needs only one that is there and one that is not.

Measured on 50,000 orders with 140,000 lines: 0.6 s instead of 2.7.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.quality import engine
from cartage.quality.engine import Finding
from cartage.quality.frames import frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from cartage.quality.suites import Rule

_NOT_NULL = "expect_column_values_to_not_be_null"
_BY_VALUE = frozenset({
    _NOT_NULL, "expect_column_values_to_be_null", "expect_column_values_to_be_in_set",
    "expect_column_values_to_not_be_in_set", "expect_column_values_to_be_between",
    "expect_column_value_lengths_to_be_between", "expect_column_value_lengths_to_equal",
    "expect_column_values_to_match_regex", "expect_column_values_to_not_match_regex",
    "expect_column_values_to_match_regex_list", "expect_column_values_to_not_match_regex_list",
})  # fmt: skip
"""Expectations that judge a value by itself; the others (unique, increasing, pairs of columns) see the rows."""

_FEW = 4096
"""Columns with more distinct values go into a frame of their own, so that the others need not be filled up so far."""

_PLACE = "place"


@dataclass(frozen=True)
class _Column:
    """A column's distinct values, and which of them each row has."""

    values: pa.Array
    codes: NDArray[np.int64]


def findings(tables: Mapping[str, pa.Table], link: str, rules: Iterable[Rule]) -> list[Finding]:
    """Check rules on the tables of a batch; a table without rows has nothing that could fail.

    Args:
        tables: by name, with the columns that the rules look at.
        link: name of the column that says which record a row belongs to.
        rules: of any of the tables.
    """
    checked = [rule for rule in rules if tables[rule.table].num_rows]
    found: list[Finding] = []
    for name, table in tables.items():
        of_rows = [rule.expected for rule in checked if rule.table == name and rule.type not in _BY_VALUE]
        if of_rows:
            found += engine.validate(frame(table), link, of_rows)
    few, many = _columns(tables, [rule for rule in checked if rule.type in _BY_VALUE])
    for columns in (few, many):
        if columns:
            found += _judged(columns, tables, link)
    return found


_Judged = dict[str, tuple["Rule", _Column]]


def _columns(tables: Mapping[str, pa.Table], rules: list[Rule]) -> tuple[_Judged, _Judged]:
    """Give the distinct values that each rule judges, by the rule's name: those of few, and those of many."""
    encoded: dict[tuple[str, str], _Column] = {}
    few: _Judged = {}
    many: _Judged = {}
    for rule in rules:
        (name,) = rule.columns
        if rule.type == _NOT_NULL:
            column = _presence(tables[rule.table][name])
        else:
            if (rule.table, name) not in encoded:
                encoded[rule.table, name] = _distinct(tables[rule.table][name])
            column = encoded[rule.table, name]
        (few if len(column.values) <= _FEW else many)[rule.name] = (rule, column)
    return few, many


def _distinct(column: pa.ChunkedArray) -> _Column:
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    return _Column(encoded.dictionary, encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64))


def _presence(column: pa.ChunkedArray) -> _Column:
    """Give one value and null, as far as the column has them."""
    missing = pc.is_null(column).combine_chunks().to_numpy(zero_copy_only=False)
    samples = [np.flatnonzero(~missing)[:1], np.flatnonzero(missing)[:1]]
    codes = missing.astype(np.int64) if len(samples[0]) else np.zeros(len(missing), np.int64)
    return _Column(column.take(pa.array(np.concatenate(samples))).combine_chunks(), codes)


def _judged(columns: _Judged, tables: Mapping[str, pa.Table], link: str) -> list[Finding]:
    """Have the distinct values judged, and lay the judgements out over the rows."""
    height = max(len(column.values) for _, column in columns.values())
    named: dict[str, pa.Array] = {_PLACE: pa.array(np.arange(height))}
    expected = []
    for name, (rule, column) in columns.items():
        filled = np.arange(height)
        filled[len(column.values) :] = 0
        named[name] = column.values.take(pa.array(filled))
        expected.append(replace(rule.expected, parameters={**rule.expected.parameters, "column": name}))
    found = []
    for finding in engine.validate(frame(pa.table(named)), _PLACE, expected):
        rule, column = columns[finding.name]
        rows = tables[rule.table]
        wrong = np.zeros(height, bool)
        wrong[list(finding.failing)] = True
        failing = np.flatnonzero(wrong[column.codes])
        records = Counter(rows[link].take(pa.array(failing)).to_pylist()) if len(failing) else Counter()
        found.append(Finding(finding.name, rows.num_rows, records))
    return found
