"""Great Expectations, apart from how Cartage writes expectations down: the only module that imports it."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cartage.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

    import pandas as pd

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

_OURS = frozenset({
    "id", "meta", "notes", "result_format", "catch_exceptions", "rendered_content", "severity", "windows",
    "batch_id", "mostly", "row_condition", "condition_parser", "description",
})  # fmt: skip
"""Parameters that are no one's to set in a file: a record that fails is quarantined, whatever the share."""

_OF_COLUMNS = frozenset({
    "expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_be_increasing", "expect_column_values_to_be_decreasing",
})  # fmt: skip
"""What Great Expectations counts among those that judge rows, although it looks at a column's type (then it names no row, and
columns of records have types of their own), or at the row before, which may be in another batch."""


@dataclass(frozen=True)
class Expected:
    """An expectation to check on a frame.

    Attributes:
        name: what the finding is called by.
        type: Great Expectations' name of it, ``expect_column_values_to_not_be_null``.
        parameters: its parameters.
        severity: critical, warning or info.
        why: what it is good for.
    """

    name: str
    type: str
    parameters: Mapping[str, Any]
    severity: str
    why: str


@dataclass(frozen=True)
class Finding:
    """What an expectation found: how many rows of the frame it looked at, and the failing ones by their link."""

    name: str
    evaluated: int
    failing: Counter[int]


def row_expectations() -> dict[str, frozenset[str]]:
    """Give the expectations that judge each row by itself, with the parameters that a file may set."""
    _import()
    from great_expectations.expectations import expectation as kinds
    from great_expectations.expectations import registry

    judging_rows = (kinds.ColumnMapExpectation, kinds.ColumnPairMapExpectation, kinds.MulticolumnMapExpectation)
    found = {}
    for name in registry.list_registered_expectation_implementations():
        implementation = registry.get_expectation_impl(name)
        if issubclass(implementation, judging_rows) and name not in _OF_COLUMNS:
            found[name] = frozenset(implementation.__fields__) - _OURS
    return found


def problems(expected: Expected) -> list[tuple[tuple[str, ...], str]]:
    """Say what is wrong with an expectation's parameters: the path of each, and what is wrong with it."""
    try:
        _make(expected)
    except ValueError as problem:
        errors = getattr(problem, "errors", None)
        if errors is None:
            return [((), str(problem))]
        return [(tuple(str(part) for part in each["loc"] if part != "__root__"), str(each["msg"])) for each in errors()]
    return []


def validate(frame: pd.DataFrame, link: str, expectations: Sequence[Expected]) -> list[Finding]:
    """Check expectations on a frame.

    All of them are asked first whether every row passes, which is quick to answer, and then those that say no, for
    the rows: of a few orders, naming no rows costs Great Expectations as much as finding out that there are none.

    Args:
        frame: the rows; its column `link` says which record a row belongs to.
        link: name of that column.
        expectations: what to check.

    Raises:
        BatchError: when one of them could not be evaluated, for example because its column is missing.
    """
    gx = _import()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    source = context.data_sources.add_pandas("frame").add_dataframe_asset("frame")
    batch = source.add_batch_definition_whole_dataframe("frame").get_batch(batch_parameters={"dataframe": frame})
    answers = _asked(batch, expectations, {"result_format": "BOOLEAN_ONLY"})
    failed = [each for each in expectations if not answers[each.name].success]
    if failed:
        named = {"unexpected_index_column_names": [link], "partial_unexpected_count": 0}
        answers |= _asked(batch, failed, {"result_format": "COMPLETE", **named})
    sound = answers.keys() - {each.name for each in failed}
    return [
        Finding(each.name, len(frame), Counter()) if each.name in sound else _finding(answers[each.name], link)
        for each in expectations
    ]


def _asked(batch: Any, expectations: Sequence[Expected], result_format: Mapping[str, Any]) -> dict[str, Any]:
    """Give what Great Expectations answers to each, by name; all of them are one suite."""
    import great_expectations as gx

    suite = gx.ExpectationSuite(name="suite", expectations=[_make(each) for each in expectations])
    answers = batch.validate(suite, result_format=dict(result_format)).results
    return {str(each.expectation_config.meta["name"]): each for each in answers}


def _import() -> ModuleType:
    """Import it quietly: it logs hundreds of lines of its own making at every start.

    The objects that it makes stay for good. Looking through them for garbage again and again is spared.
    """
    first = "great_expectations" not in sys.modules
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    import great_expectations

    if first:
        logging.getLogger("great_expectations").setLevel(logging.WARNING)  # the import sets it back
        gc.freeze()
    return great_expectations


def _make(expected: Expected) -> Any:
    from great_expectations.expectations import metadata_types, registry

    implementation = registry.get_expectation_impl(expected.type)
    severity = metadata_types.FailureSeverity(expected.severity)
    parameters = {name: _plain(value) for name, value in expected.parameters.items()}
    return implementation(**parameters, severity=severity, description=expected.why, meta={"name": expected.name})


def _plain(value: Any) -> Any:
    """Great Expectations writes parameters as JSON, so its bounds are floats; see `cartage.quality.frames`."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


def _finding(answer: Any, link: str) -> Finding:
    name = str(answer.expectation_config.meta["name"])
    raised = next(_raised(answer.exception_info), None)
    if raised is not None:
        raise BatchError(f"the expectation {name} could not be evaluated: {raised}")
    result = answer.result
    failing = Counter(int(each[link]) for each in result.get("unexpected_index_list") or ())
    if sum(failing.values()) != int(result["unexpected_count"]):
        raise BatchError(f"the expectation {name} failed without naming every row that did")
    return Finding(name, int(result["element_count"]), failing)


def _raised(info: Any) -> Iterator[str]:
    """Give the messages of the exceptions in what Great Expectations says of them, at whatever depth it does."""
    if isinstance(info, dict):
        if info.get("raised_exception"):
            yield str(info.get("exception_message") or "no message").splitlines()[0]
        for each in info.values():
            yield from _raised(each)
