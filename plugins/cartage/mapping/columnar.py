"""Mappings over columns: the payloads of a whole batch, written as text without a Python object for each of them.

A rule is applied to the distinct values of its column, by the closure that `cartage.mapping.compiled` makes of
it, and the results are laid out by row; then all pieces of a payload are joined in Arrow. The text is the canonical
JSON of the payload that the closures give, byte for byte (a property test holds the two together). A record
whose rules raise a fault is only marked: the caller has the closures say what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import canonical
from cartage.mapping.compiled import ATTRIBUTES, ZONE, remembering
from cartage.mapping.conversions import day
from cartage.mapping.frames import (
    Const,
    Frame,
    Json,
    NotColumnar,
    Values,
    at_rows,
    by_parent,
    day_text,
    instant_text,
    joined,
    json_of,
    plain_values,
    python_values,
)
from cartage.mapping.model import SITE, Attribute, Body, Conditional, From, Join
from cartage.mapping.model import Const as ConstRule
from cartage.mapping.model import Each as EachRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from cartage.mapping.compiled import Compiler, Getter, Shortened
    from cartage.mapping.frames import Column, Text
    from cartage.mapping.model import Rule, Steps

_STEPS = ("if_null", "values", "transform", "lookup", "kind", "max", "required")
_EMPTY = "{}"


@dataclass(frozen=True)
class Rendered:
    """Payloads of many rows.

    Attributes:
        texts: each row's payload as canonical JSON; that of a faulty row says nothing.
        faulty: rows of which a rule raised a fault.
        shortened: rows with a text that was too long, and what is to be said of it.
    """

    texts: pa.Array
    faulty: NDArray[np.bool_]
    shortened: list[tuple[int, Shortened]] = field(default_factory=list)


@dataclass(frozen=True)
class _Value:
    """JSON of a field: pieces of text, and whether every row has it; in a row that has not, a piece is null."""

    texts: list[Text]
    sure: bool


@dataclass(frozen=True)
class _Scope:
    """Where columns are looked up: the rows at hand, the records they belong to, and what is to be said of these.

    Columns of the records are named with the prefix where the rows at hand are others.
    """

    frame: Frame
    record: Frame
    prefix: str
    owners: NDArray[np.int64]
    faulty: NDArray[np.bool_]
    shortened: list[tuple[int, Shortened]]

    def column(self, name: str) -> Column:
        """Give a column of the rows at hand or, named ``order.x``, of their records."""
        own = self.own(name)
        return self.frame.column(name) if own == name else self.of_record(own)

    def of_record(self, name: str) -> Column:
        """Give a column of the records, a value for each row at hand."""
        column = self.record.column(name)
        return column if self.frame is self.record else at_rows(column, self.owners)

    def own(self, name: str) -> str:
        """Give a column's name in its own frame."""
        return name.removeprefix(self.prefix)

    def blame(self, rows: NDArray[Any]) -> None:
        """Mark the records of some rows, given by mask or number."""
        self.faulty[self.owners[rows]] = True

    def note(self, rows: NDArray[Any], cut: Iterable[Shortened]) -> None:
        """Note texts that were shortened in some rows, given by mask."""
        owners = self.owners[rows].tolist()
        self.shortened.extend((owner, each) for each in cut for owner in owners)


class _Outcome(NamedTuple):
    """What a rule made of a value, None: nothing; whether it raised a fault; and the texts that it shortened."""

    value: Any
    fault: bool = False
    cut: tuple[Shortened, ...] = ()


def render(compiler: Compiler, body: Body, frame: Frame) -> Rendered:
    """Write the payloads of rows.

    Args:
        compiler: makes the closures of rules.
        body: what is written.
        frame: the records, with their child rows.

    Raises:
        NotColumnar: a rule needs what is not done by columns: ``where``, or steps after a column of JSON.
    """
    faulty = np.zeros(frame.rows, bool)
    if not frame.rows:
        return Rendered(pa.array([], pa.string()), faulty)
    scope = _Scope(frame, frame, f"{compiler.record}.", np.arange(frame.rows), faulty, [])
    cut: list[Shortened] = []
    texts = _Writer(replace(compiler, warn=cut.append), cut).payloads(body, scope, "")
    return Rendered(pc.fill_null(texts, _EMPTY), faulty, scope.shortened)


_NOTHING = _Outcome(None)


@dataclass(frozen=True)
class _Writer:
    """Writes payloads.

    Attributes:
        compiler: makes the closures of rules.
        cut: where they leave what they shortened, until it is taken.
    """

    compiler: Compiler
    cut: list[Shortened]

    def payloads(self, body: Body, scope: _Scope, path: str) -> pa.Array:
        """Give each row's JSON, null where no field has a value."""
        value = self._body(body, scope, path)
        if value is None:
            return pa.nulls(scope.frame.rows, pa.string())
        return joined(value.texts, scope.frame.rows, lenient=value.sure)

    def _body(self, body: Body, scope: _Scope, path: str) -> _Value | None:
        found = []
        for name in sorted(body.root):
            value = self._field(body.root[name], scope, f"{path}.{name}" if path else name)
            if value is not None:
                found.append((f"{canonical.dumps(name)}:", value))
        if not found:
            return None
        rows = scope.frame.rows
        sure = next((place for place, (_, value) in enumerate(found) if value.sure), None)
        if sure is None:
            together = joined((_optional(",", *each, "", rows) for each in found), rows, lenient=True)
            some = pc.if_else(pc.equal(together, ""), None, pc.utf8_slice_codeunits(together, 1))
            return _Value(["{", some, "}"], sure=False)
        texts: list[Text] = ["{"]
        for place, (name, value) in enumerate(found):
            before, after = "," if place > sure else "", "," if place < sure else ""
            texts += (
                [before, name, *value.texts, after] if value.sure else [_optional(before, name, value, after, rows)]
            )
        return _Value([*texts, "}"], sure=True)

    def _field(self, rule: Rule, scope: _Scope, path: str) -> _Value | None:
        if isinstance(rule, str):
            return _written(scope.column(rule), scope.frame.rows)
        if isinstance(rule, Body):
            return self._body(rule, scope, path)
        if isinstance(rule, ConstRule):
            value = _written(Const(rule.const), scope.frame.rows)
        elif isinstance(rule, EachRule):
            value = self._each(rule, scope, path)
        else:
            value = self._stepped(rule, scope, path)
        return self._conditional(rule, value, scope)

    def _conditional(self, rule: Conditional, value: _Value | None, scope: _Scope) -> _Value | None:
        if value is None or not rule.when:
            return value
        holds = self._holds(rule.when, scope)
        if holds.all():
            return value
        if not holds.any():
            return None
        text = joined(value.texts, scope.frame.rows, lenient=value.sure)
        return _Value([pc.if_else(pa.array(holds), text, None)], sure=False)

    def _holds(self, wanted: Mapping[str, Any], scope: _Scope) -> NDArray[np.bool_]:
        holds = np.ones(scope.frame.rows, bool)
        for name, value in wanted.items():
            allowed = value if isinstance(value, tuple) else (value,)
            column = scope.column(name)
            holds &= np.array([each in allowed for each in python_values(column, scope.frame.rows)], bool)
        return holds

    def _each(self, rule: EachRule, scope: _Scope, path: str) -> _Value | None:
        if rule.where:
            raise NotColumnar("`where` is decided row by row")
        if rule.each not in scope.frame.children:
            raise NotColumnar(f"the rows `{rule.each}` are not at hand as columns")
        children = scope.frame.children[rule.each]
        if not children.frame.rows:
            return None
        if rule.when and not self._holds(rule.when, scope).all():
            raise NotColumnar("what is not written cannot be at fault, which is decided row by row")
        owners = np.repeat(scope.owners, np.diff(children.offsets))
        inner = replace(scope, frame=children.frame, owners=owners)
        entries = self.payloads(rule.body, inner, f"{path}[]")
        lists = by_parent(entries, children.offsets, ",")
        return _Value(["[", lists, "]"], sure=not lists.null_count)

    def _stepped(self, rule: Steps, scope: _Scope, path: str) -> _Value | None:
        """Apply a rule with steps: in Arrow where it is quick and the same, else by its closure."""
        bare = rule.model_copy(update={"when": {}})  # the condition stands around it already
        taken = self._holds(rule.when, scope) if rule.when else None
        if isinstance(rule, From) and isinstance(rule.source, str):
            column = scope.column(rule.source)
            quick = self._quick(rule, column, scope)
            if quick is not None:
                return _written(quick, scope.frame.rows)
            if rule.zone != SITE or isinstance(scope.of_record(SITE), Const):
                return self._by_value(bare, rule.source, scope, path, taken)
        return self._by_row(bare, scope, path, taken)

    def _quick(self, rule: From, column: Column, scope: _Scope) -> Column | None:
        """Give what the commonest rules make of a column, or None when the closure must look at its values."""
        steps = _steps(rule)
        if isinstance(column, Const) and column.value is None and not steps & {"if_null", "required"}:
            return column
        if not isinstance(column, pa.Array):
            return None
        if column.null_count == len(column) and not steps & {"if_null", "required"}:
            return Const(None)
        if steps == {"max"} and pa.types.is_string(column.type):
            longest = pc.max(pc.utf8_length(column)).as_py()
            return column if longest is None or longest <= rule.max else None
        if steps == {"kind"} and pa.types.is_timestamp(column.type) and column.type.tz == "UTC":
            return self._moment(rule, column, scope)
        return None

    def _moment(self, rule: From, column: pa.Array, scope: _Scope) -> Column | None:
        if rule.kind == "datetime":
            return instant_text(column)
        zone = rule.zone
        if zone == SITE:
            site = scope.of_record(SITE)
            zone = self.compiler.lookups[ZONE](site.value) if isinstance(site, Const) else None
        if rule.kind != "date" or zone is None:
            return None
        try:
            return day_text(column, zone)
        except pa.ArrowInvalid:  # no data of the zone here: Python has its own
            return pa.array([None if each is None else day(zone)(each) for each in column.to_pylist()], pa.string())

    def _by_value(
        self, rule: Steps, name: str, scope: _Scope, path: str, taken: NDArray[np.bool_] | None
    ) -> _Value | None:
        """Apply a rule to each distinct value of its only column."""
        column = scope.column(name)
        give, rows = self._of_one_column(rule, name, scope, path), scope.frame.rows
        if isinstance(column, Const):
            return self._laid_out([give(column.value)], np.zeros(rows, np.int64), scope, taken)
        if isinstance(column, pa.Array):
            encoded = column.dictionary_encode()
            values = plain_values(encoded.dictionary)
            places = pc.fill_null(encoded.indices, len(values)).to_numpy(zero_copy_only=False)
            values += [None] if encoded.indices.null_count else []
            return self._laid_out([give(each) for each in values], places, scope, taken)
        return self._by_row(rule, scope, path, taken)

    def _of_one_column(self, rule: Steps, name: str, scope: _Scope, path: str) -> Callable[[Any], _Outcome]:
        """Make the function that gives what a rule makes of a value of its only column."""
        if _steps(rule) == {"transform"}:
            transform = remembering(str(rule.transform))
            return lambda value: _NOTHING if value is None else self._outcome(transform, value)
        getter, own = self._closure(rule, path), scope.own(name)
        site = scope.of_record(SITE) if rule.zone == SITE else None
        record = {SITE: site.value} if isinstance(site, Const) else {}

        def give(value: Any) -> _Outcome:
            row = {own: value}
            return self._outcome(getter, row if own == name else {}, record | row)

        return give

    def _by_row(self, rule: Steps, scope: _Scope, path: str, taken: NDArray[np.bool_] | None) -> _Value | None:
        """Apply a rule of several columns, or of attributes, row by row."""
        getter, rows = self._closure(rule, path), scope.frame.rows
        own: dict[str, list[Any]] = {}
        records: dict[str, list[Any]] = {}
        for name in _reads(rule, self.compiler.record):
            column = scope.own(name)
            target, found = (own, scope.frame.column(column)) if column == name else (records, scope.of_record(column))
            target[column] = python_values(found, rows)
        if rule.zone == SITE:
            records[SITE] = python_values(scope.of_record(SITE), rows)
        if scope.frame is scope.record:
            records = own | records
        outcomes = [
            self._outcome(
                getter,
                {name: values[row] for name, values in own.items()},
                {name: values[row] for name, values in records.items()},
            )
            for row in range(rows)
        ]
        return self._laid_out(outcomes, np.arange(rows), scope, taken)

    def _laid_out(
        self,
        outcomes: list[_Outcome],
        places: NDArray[np.int64],
        scope: _Scope,
        taken: NDArray[np.bool_] | None,
    ) -> _Value | None:
        """Give each row the outcome at its place, and say of those that are taken what is to be said."""
        for place, each in enumerate(outcomes):
            if each.fault or each.cut:
                rows = places == place if taken is None else (places == place) & taken
                scope.note(rows, each.cut)
                if each.fault:
                    scope.blame(rows)
        values = [each.value for each in outcomes]
        if all(value is None or value.__class__ is str for value in values):
            return _written(pa.array(values, pa.string()).take(pa.array(places)), scope.frame.rows)
        try:
            texts = [None if value is None else canonical.dumps(value) for value in values]
        except TypeError as error:
            raise NotColumnar("a value that no JSON can hold") from error
        return _written(Json(pa.array(texts, pa.string()).take(pa.array(places))), scope.frame.rows)

    def _outcome(self, give: Callable[..., Any], *arguments: Any) -> _Outcome:
        try:
            value, fault = give(*arguments), False
        except Exception:  # noqa: BLE001 - the closures do the record again, and say or raise what is wrong
            value, fault = None, True
        if not self.cut:
            return _Outcome(value, fault)
        cut = tuple(self.cut)
        self.cut.clear()
        return _Outcome(value, fault, cut)

    def _closure(self, rule: Steps, path: str) -> Getter:
        assert isinstance(rule, From | Join | Attribute)
        return self.compiler.rule(rule, path)


def _optional(before: str, name: str, value: _Value, after: str, rows: int) -> pa.Array:
    return joined([before, name, *value.texts, after], rows, lenient=False)


def _steps(rule: Steps) -> set[str]:
    return {
        name
        for name in _STEPS
        if getattr(rule, name) is not None and (name, getattr(rule, name)) != ("required", False)
    }


def _written(column: Column, rows: int) -> _Value | None:
    """Write a column's own values."""
    if isinstance(column, Const):
        return None if column.value is None else _Value([canonical.dumps(column.value)], sure=True)
    if isinstance(column, Json):
        return None if column.text.null_count == rows else _Value([column.text], sure=not column.text.null_count)
    if isinstance(column, Values):
        texts = pa.array([None if each is None else canonical.dumps(each) for each in column.values], pa.string())
        return _Value([texts], sure=not texts.null_count)
    return None if column.null_count == rows else _Value(json_of(column), sure=not column.null_count)


def _reads(rule: Steps, record: str) -> Iterable[str]:
    if isinstance(rule, From):
        return (rule.source,) if isinstance(rule.source, str) else rule.source
    if isinstance(rule, Join):
        return rule.join
    assert isinstance(rule, Attribute)
    return (f"{record}.{ATTRIBUTES}" if rule.attribute.owner == record else ATTRIBUTES,)
