"""Mappings of feeds: the rules of the mapping language, worked out for whole columns.

Most rules name a column, and cost nothing more than writing it. All others are worked out by the closures of
`cartage.mapping.compiled`, once for each distinct value of their column, so that a feed's mapping can say whatever
an order's can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping import MappingFault, load_mapping
from cartage.mapping.canonical import number
from cartage.mapping.compiled import Compiler
from cartage.mapping.model import Body, Conditional, Const, Each, From, Join
from cartage.records.batch import KINDS
from cartage.systems.sfcc.feeds.children import whole
from cartage.systems.sfcc.feeds.forms import CUSTOM
from cartage.systems.sfcc.feeds.texts import written
from cartage.yamlfile import close

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.mapping import TargetMapping
    from cartage.mapping.compiled import Getter, Row
    from cartage.mapping.frames import Text
    from cartage.mapping.model import Rule
    from cartage.systems.sfcc.feeds.forms import Form

VALUE = "value"
"""Key of an element's own text, where it also has attributes."""

_STEPS = frozenset({"if_null", "values", "transform", "lookup", "kind", "max", "required"})


@dataclass
class Worked:
    """What a rule gives for each row: texts, not yet escaped, and the rows it cannot be worked out for."""

    text: Text | None
    faults: dict[int, MappingFault] = field(default_factory=dict)


def load(form: Form, include: Path) -> TargetMapping:
    """Read the mapping of a kind of feed, and check that it says what the schema and the columns can.

    Raises:
        SettingsError: with file and line.
    """
    mapping = load_mapping("sfcc", form.rows, include)
    tables = KINDS[form.rows].TABLES
    columns = {form.rows: tables["rows"].names, **{name: each.names for name, each in tables.items() if name != "rows"}}
    mapping.check(columns, lookups=())
    for name, rule in mapping.file.body.root.items():
        problem = _problem(form, name, rule)
        if problem:
            raise mapping.document.error(("body", name), problem)
    _check_id(form, mapping)
    return mapping


def _check_id(form: Form, mapping: TargetMapping) -> None:
    """Verdicts find their rows by the product id that the shop's log names: it must be the sku."""
    rule = mapping.file.body.root.get("@product-id")
    if rule != "sku":
        raise mapping.document.error(
            ("body", "@product-id"), f'a {form.item} is known by its sku; write "@product-id": sku'
        )


def _problem(form: Form, name: str, rule: Rule) -> str | None:
    if name in form.computed:
        return "SFCC works this out by itself and imports no such element; remove it"
    if name not in form.elements:
        return f"{form.item} has no such element{close(name, form.elements)}"
    if name == CUSTOM:
        return _custom_problem(rule)
    if name in form.lists:
        return _list_problem(form, form.lists[name], rule)
    return "must be a single value" if isinstance(rule, Body | Each) else None


def _list_problem(form: Form, rows: str, rule: Rule) -> str | None:
    if not isinstance(rule, Each) or rule.each != rows or rule.where or VALUE not in rule.body.root:
        return f'write {{each: {rows}, body: {{"@quantity": column, {VALUE}: column}}}}'
    single = all(isinstance(each, str | From | Const | Join) for each in rule.body.root.values())
    if not single or set(rule.body.root) - {VALUE, "@quantity"}:
        return f'may hold "@quantity" and {VALUE}, each a single value'
    qualified = any(column.startswith(f"{form.rows}.") for each in rule.body.root.values() for column in reads(each))
    return f"only columns of {rows} can be written here" if qualified else None


def _custom_problem(rule: Rule) -> str | None:
    flat = isinstance(rule, Body) and not any(isinstance(each, Body | Each) for each in rule.root.values())
    return None if flat else "write a rule for each custom attribute, under its id"


def work_out(rule: Rule, table: pa.Table, record: str, path: str) -> Worked:
    """Work a rule out for all rows of a table, whose columns are whole.

    Args:
        rule: a column, or a rule that gives a single value.
        table: the rows.
        record: name of the record, which may stand before a column.
        path: the element, for what faults say.
    """
    if isinstance(rule, str):
        return Worked(written(whole(table, rule.removeprefix(f"{record}."))))
    if isinstance(rule, Const):
        worked = Worked(text_of(rule.const))
    elif isinstance(rule, From) and isinstance(rule.source, str) and not _steps(rule):
        worked = Worked(written(whole(table, rule.source.removeprefix(f"{record}."))))
    else:
        assert isinstance(rule, From | Join)  # `load` refuses all others
        worked = _by_value(rule, table, record, path)
    return _where(rule, worked, table, record)


def text_of(value: Any) -> str | None:
    """Write one value as `texts.written` writes a column of it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    return value.isoformat() if isinstance(value, date) else str(value)


def _steps(rule: From) -> set[str]:
    return {name for name in _STEPS if getattr(rule, name) is not None and getattr(rule, name) is not False}


def _where(rule: Rule, worked: Worked, table: pa.Table, record: str) -> Worked:
    """Keep a rule's values where its condition holds."""
    if not isinstance(rule, Conditional) or not rule.when or worked.text is None:
        return worked
    holds = np.ones(len(table), bool)
    for name, wanted in rule.when.items():
        allowed = wanted if isinstance(wanted, tuple) else (wanted,)
        encoded = whole(table, name.removeprefix(f"{record}.")).dictionary_encode(null_encoding="encode")
        fits = np.array([each in allowed for each in encoded.dictionary.to_pylist()], bool)
        holds &= fits[encoded.indices.to_numpy()]
    text = worked.text if isinstance(worked.text, pa.Array) else pa.repeat(worked.text, len(table))
    faults = {row: fault for row, fault in worked.faults.items() if holds[row]}
    return Worked(pc.if_else(pa.array(holds), text, pa.scalar(None, pa.string())), faults)


def _by_value(rule: From | Join, table: pa.Table, record: str, path: str) -> Worked:
    """Work a rule out by its closure, once for each value of its only column, or for each row."""
    names = [each.removeprefix(f"{record}.") for each in reads(rule)]
    bare = rule.model_copy(update={"when": {}})  # `_where` decides that for whole columns
    getter = Compiler(record, {}).rule(bare, path)
    if len(names) == 1:
        encoded = whole(table, names[0]).dictionary_encode(null_encoding="encode")
        rows, places = [{names[0]: each} for each in encoded.dictionary.to_pylist()], encoded.indices
    else:
        rows, places = table.select(names).to_pylist(), None
    values, faults = _called(getter, rows)
    texts = pa.array(values, pa.string())
    if places is None:
        return Worked(texts, faults)
    spread = {row: faults[place] for row, place in enumerate(places.to_pylist()) if place in faults} if faults else {}
    return Worked(texts.take(places), spread)


def _called(getter: Getter, rows: list[Row]) -> tuple[list[str | None], dict[int, MappingFault]]:
    values: list[str | None] = []
    faults: dict[int, MappingFault] = {}
    for place, row in enumerate(rows):
        try:
            values.append(text_of(getter(row, row)))
        except MappingFault as fault:
            faults[place] = fault
            values.append(None)
    return values, faults


def reads(rule: Rule) -> list[str]:
    """Give the columns that a value is made of."""
    if isinstance(rule, str):
        return [rule]
    if isinstance(rule, From):
        return [rule.source] if isinstance(rule.source, str) else list(rule.source)
    return list(rule.join) if isinstance(rule, Join) else []
