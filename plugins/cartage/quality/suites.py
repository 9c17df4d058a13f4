"""Suites of expectations: ``include/expectations/<record>.yaml``, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from cartage import yamlfile
from cartage.quality import engine
from cartage.quality.derived import DERIVED
from cartage.quality.engine import Expected
from cartage.records.batch import KINDS
from cartage.yamlfile import Strict, close

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cartage.yamlfile import Document, Part

Severity = Literal["critical", "warning", "info"]

_COLUMN_PARAMETERS = ("column", "column_A", "column_B", "column_list")
_REGEX_PARAMETERS = ("regex", "regex_list")


class Rule(Strict):
    """One expectation of the rows of a table."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Short stable name; complaints are grouped by it, for example `quantity_not_positive`.",
    )
    table: str = Field(description="Table of the record: `orders`, `lines`, …")
    type: str = Field(
        description="Great Expectations' name of it, for example `expect_column_values_to_not_be_null`. It must judge "
        "each row by itself, so that a record can be named."
    )
    parameters: dict[str, Any] = Field(
        alias="with",
        description="Its parameters as Great Expectations calls them: `column`, `regex`, `min_value` … Columns are the "
        "table's own or derived ones.",
    )
    severity: Severity = Field(
        description="`critical` quarantines the record, `warning` is noted with it, `info` is only counted."
    )
    why: str = Field(min_length=1, description="What is wrong with a record that fails, and what to do, in a sentence.")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        found: list[str] = []
        for name in _COLUMN_PARAMETERS:
            value = self.parameters.get(name, [])
            found += [value] if isinstance(value, str) else value
        return tuple(found)

    @property
    def expected(self) -> Expected:
        """The rule in the engine's words."""
        return Expected(self.name, self.type, self.parameters, self.severity, self.why)


class SuiteFile(Strict):
    """Expectations of a record."""

    record: str = Field(description="The neutral record: `order`, `customer`.")
    expectations: tuple[Rule, ...] = Field(min_length=1, description="What is expected of its rows.")


@dataclass(frozen=True)
class Suite:
    """Expectations of a record, checked against its columns and against Great Expectations."""

    record: str
    rules: tuple[Rule, ...]

    def of(self, table: str) -> tuple[Rule, ...]:
        """Give the rules of a table."""
        return tuple(rule for rule in self.rules if rule.table == table)

    @property
    def reads(self) -> dict[str, set[str]]:
        """The columns that checking needs, by table: those of the rules, what derived ones are made of, links and keys."""
        kind = KINDS[self.record]
        found = {table: {kind.LINK} for table in kind.TABLES}
        found[kind.ROOT].add("key")
        for rule in self.rules:
            own = DERIVED.get((self.record, rule.table), {})
            for column in rule.columns:
                for table, columns in own[column].reads.items() if column in own else [(rule.table, (column,))]:
                    found[table].update(columns)
        return found

    def field(self, rule: Rule) -> str:
        """Give the record's column that a complaint of this rule names: ``order_no``, ``lines.quantity``."""
        column = rule.columns[0]
        derived = DERIVED.get((self.record, rule.table), {}).get(column)
        name = derived.field if derived else column
        return name if rule.table == KINDS[self.record].ROOT else f"{rule.table}.{name}"


def load_suite(record: str, include: Path) -> Suite:
    """Read the expectations of a record.

    Args:
        record: the record, ``<include>/expectations/<record>.yaml``.
        include: the include folder.

    Raises:
        SettingsError: with file and line: an unknown key, table, column or expectation, a wrong parameter.
    """
    suite = read_suite(yamlfile.read(include / "expectations" / f"{record}.yaml"))
    if suite.record != record:
        raise yamlfile.read(include / "expectations" / f"{record}.yaml").error(
            ("record",), f"is `{suite.record}`, but the file is {record}.yaml"
        )
    return suite


def read_suite(document: Document) -> Suite:
    """Read expectations from a document.

    Raises:
        SettingsError: with file and line.
    """
    file = yamlfile.check(SuiteFile, document)
    if file.record not in KINDS:
        raise document.error(("record",), f"there is no record `{file.record}`{close(file.record, KINDS)}")
    known = engine.row_expectations()
    names: set[str] = set()
    for index, rule in enumerate(file.expectations):
        for path, message in _problems(rule, file.record, names, known):
            raise document.error(("expectations", index, *path), message)
        names.add(rule.name)
    return Suite(file.record, file.expectations)


def _problems(
    rule: Rule, record: str, names: set[str], known: dict[str, frozenset[str]]
) -> Iterator[tuple[tuple[Part, ...], str]]:
    """Give what is wrong with a rule: the path below it, and what to write instead."""
    if rule.name in names:
        yield ("name",), f"the name `{rule.name}` stands twice; complaints are grouped by it"
    tables = KINDS[record].TABLES
    if rule.table not in tables:
        yield ("table",), f"the {record} has no table `{rule.table}`{close(rule.table, tables) or _one_of(tables)}"
    elif rule.type not in known:
        yield ("type",), f"`{rule.type}` is no expectation that judges each row by itself{close(rule.type, known)}"
    else:
        yield from _parameter_problems(rule, record, known[rule.type])


def _parameter_problems(rule: Rule, record: str, allowed: frozenset[str]) -> Iterator[tuple[tuple[Part, ...], str]]:
    for name in rule.parameters:
        if name not in allowed:
            hint = close(name, allowed) or _one_of(allowed)
            yield ("with", name), f"{rule.type} has no parameter `{name}`{hint}"
    for path, message in engine.problems(rule.expected):
        yield ("with", *path), f"{rule.type}: {message}"
    columns = [*KINDS[record].TABLES[rule.table].names, *DERIVED.get((record, rule.table), {})]
    for column in rule.columns:
        if column not in columns:
            yield ("with",), f"there is no column `{column}` in {rule.table}{close(column, columns)}"
    for name in _REGEX_PARAMETERS:
        given = rule.parameters.get(name, [])
        for regex in [given] if isinstance(given, str) else given:
            try:
                re.compile(regex)
            except re.error as problem:
                yield ("with", name), f"`{regex}` is no regular expression: {problem}"


def _one_of(words: Any) -> str:
    return f"; write one of {', '.join(sorted(words))}"
