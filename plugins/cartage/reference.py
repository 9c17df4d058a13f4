"""The references under ``docs/``, made from the models that read the files: ``python -m cartage.reference docs``.

Writes ``settings.md``, ``mappings.md``, ``columns.md``, ``expectations.md`` and, for editors, a JSON Schema for each kind of
file into ``schemas/``. With ``--check`` nothing is written, and the exit code says whether all are up to date.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import AwareDatetime, BaseModel, Field, RootModel
from pydantic.json_schema import GenerateJsonSchema

from cartage.integrations import Integration
from cartage.mapping import conversions, model, source
from cartage.mapping.transforms import TRANSFORMS
from cartage.quality.derived import DERIVED
from cartage.quality.suites import Rule, SuiteFile
from cartage.records.batch import KINDS
from cartage.settings import Settings
from cartage.systems.netsuite import offered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pydantic.fields import FieldInfo

_MADE = "<!-- Made by `make docs` from {source}; change it there. -->"


class IntegrationFile(Integration):
    """An integration: one storefront and one ERP joined, its flows and their settings."""

    settings: Settings = Field(description="Run settings: read by each run, overlaid by revisions.")


def settings_page() -> str:
    """Give the reference of ``include/integrations/<name>.yaml``."""
    parts = [
        "# Settings",
        _MADE.format(source="`cartage.integrations` and `cartage.settings`"),
        (
            "Everything that differs from merchant to merchant stands in `include/integrations/<name>.yaml`. An unknown key, "
            "a wrong type or a choice that does not exist is an error that names file and line, and nothing is sent."
        ),
        (
            "What stands above `settings:` is read when Airflow parses the DAGs, so a change holds within its re-parse "
            "interval. What stands under `settings:` is read once by each run, overlaid by the newest revision, and kept "
            "with the run: a change holds from the next run on."
        ),
        "For editors: put `# yaml-language-server: $schema=../../docs/schemas/integration.json` into the first line.",
        "## Above `settings:`",
        *_sections(Integration, "", title=False),
        "## Under `settings:`",
        *_sections(Settings, "settings", title=False),
    ]
    return _page(parts)


def mappings_page() -> str:
    """Give the reference of the mapping language."""
    words: dict[str, Any] = {
        "From": model.From,
        "Join": model.Join,
        "Attribute": model.Attribute,
        "Const": model.Const,
        "Each": model.Each,
    }
    own = {name: [key for key in _fields(kind) if key not in _fields(model.Steps)] for name, kind in words.items()}
    parts = [
        "# Mappings",
        _MADE.format(source="`cartage.mapping`"),
        (
            "A mapping is YAML that people can read and change without touching code. One kind turns the wire form of a "
            "source into a record's columns (`include/mappings/<source>/<record>.yaml`), the other turns columns into a "
            "target's payload (`include/mappings/<target>/<name>.yaml`). Both know columns and paths and nothing else: what "
            "needs thought is a tested Python function with a name. Unknown keys, columns, lookups and transforms are "
            "errors that name file and line. [columns.md](columns.md) has the columns of orders and customers."
        ),
        "## To a target",
        _docstring_after_title(sys.modules["cartage.mapping"]),
        "### The file",
        _table(model.MappingFile),
        "### Rules",
        (
            "A text is the name of a column. A mapping with one of these words is a rule; any other mapping is a nested "
            "body. Every rule can have `when`."
        ),
        *(
            part
            for name, kind in words.items()
            for part in (f"#### `{model_word(name)}`", _docstring_of(kind), _table(kind, own[name]))
        ),
        _table(model.AttributeName),
        "### Steps",
        _docstring_of(model.Steps) + " They go with `from`, `join` and `attribute`.",
        _table(model.Steps),
        "### Kinds (`as:`)",
        _rows("kind", "writes", {**conversions.CONVERSIONS, "date": conversions.day_in}),
        "### Named transforms (`transform:`)",
        _rows("transform", "does", TRANSFORMS),
        "## From a source",
        _docstring_after_title(source),
        *_sections(source.SourceFile, "", title=False),
    ]
    return _page(parts)


def columns_page() -> str:
    """Give the columns that mappings of orders and customers may name, with their meanings."""
    parts = [
        "# Columns",
        _MADE.format(source="`cartage.records` and `cartage.systems.netsuite.orders.columns`"),
        (
            "What mappings that read write into, and mappings to NetSuite read. Rows of a table are tied to their record "
            "by the first column. Beside a mapping, the console shows the columns of just that mapping."
        ),
    ]
    for kind in ("order", "customer"):
        parts.append(f"## The neutral {kind}")
        for name, schema in KINDS[kind].TABLES.items():
            rows = [(f"`{each.name}`", str(each.type), each.metadata[b"meaning"].decode()) for each in schema]
            parts += [f"### `{name}`", _grid(("column", "type", "meaning"), rows)]
    parts += [
        "## Beside them, in mappings to NetSuite",
        "Worked out on the way: ids, amounts after discounts, words of several rows.",
    ]
    for name, tables in offered.OWN.items():
        for rows_of, meanings in tables.items():
            said = [(f"`{column}`", meaning) for column, meaning in meanings.items()]
            parts += [f"### `netsuite/{name}`, rows of `{rows_of}`", _grid(("column", "meaning"), said)]
    return _page(parts)


def expectations_page() -> str:
    """Give the reference of the expectations, with those that are shipped."""
    parts = [
        "# Expectations",
        _MADE.format(source="`cartage.quality`"),
        ("What a record must be like before it may go on stands in `include/expectations/<record>.yaml`. Great "
        "Expectations judges the rows of each table by it, all expectations of a table in one suite. A record with a "
        "row that fails a `critical` expectation is quarantined with the reason; a `warning` is noted with the "
        "record and stands on its page (of stock and prices, in the run's report); `info` is only counted. When more "
        "than `max_quarantined_share` of a run fails, and at least `max_quarantined_min` records, the run halts before "
        "anything is sent; a run that tries quarantined records again never does. Every run has a report."),
        ("A column that is missing is an error of the run, not of a record. An empty table has no row that could fail: "
        "that a record must have rows in it is an expectation of the record's own table, by a derived column that "
        "counts them."),
        _table(SuiteFile),
        "## An expectation",
        _table(Rule),
        ("Any expectation of [Great Expectations](https://greatexpectations.io/expectations/) that judges each row by "
        "itself can be used, without `mostly` and `row_condition`."),
        "## Derived columns",
        ("Facts that take several rows or exact sums to know are computed in decimals first. They can be named like any "
        "other column of their table. A new one is a function in `cartage.quality.derived`."),
        *(part for (record, table), columns in DERIVED.items() for part in (
            f"### {record}: `{table}`",
            _grid(("column", "holds"), [(f"`{name}`", each.meaning) for name, each in columns.items()]),
        )),
    ]  # fmt: skip
    return _page(parts)


def schemas() -> dict[str, dict[str, Any]]:
    """Give the JSON Schema of each kind of file, by name."""
    found = {
        "integration": IntegrationFile.model_json_schema(schema_generator=_Schema),
        "mapping": model.MappingFile.model_json_schema(schema_generator=_Schema),
        "source-mapping": _with_short_forms(source.SourceFile.model_json_schema(schema_generator=_Schema)),
        "expectations": SuiteFile.model_json_schema(schema_generator=_Schema),
    }
    return {name: {"$schema": GenerateJsonSchema.schema_dialect, **schema} for name, schema in found.items()}


def pages() -> dict[str, str]:
    """Give every generated file by its path under ``docs/``."""
    made = {
        "settings.md": settings_page(),
        "mappings.md": mappings_page(),
        "columns.md": columns_page(),
        "expectations.md": expectations_page(),
    }
    for name, schema in schemas().items():
        made[f"schemas/{name}.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return made


def main(arguments: list[str]) -> int:
    """Write the references, or with ``--check`` say which are out of date."""
    folder = Path(next((each for each in arguments if not each.startswith("-")), "docs"))
    stale = [name for name, text in pages().items() if not _same(folder / name, text)]
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"{folder / name} is out of date; run `make docs`\n")
        return 1 if stale else 0
    for name in stale:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[name], encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
    return 0


def model_word(name: str) -> str:
    """Give the word that makes a mapping this rule."""
    return next(word for word, rule in model.HEADS.items() if rule == name)


class _Schema(GenerateJsonSchema):
    """Numbers in a file are numbers: no pattern for decimals written as texts."""

    def decimal_schema(self, schema: Any) -> dict[str, Any]:
        number = {"type": "number", "minimum": schema["ge"]} if "ge" in schema else {"type": "number"}
        return {"anyOf": [number, {"type": "string"}]}


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text


def _page(parts: list[str]) -> str:
    return "\n\n".join(part for part in parts if part) + "\n"


def _sections(kind: type[BaseModel], path: str, *, title: bool = True) -> Iterator[str]:
    """Give a table for a model, and below it one for each model in it."""
    if title:
        yield f"### `{path}`"
    yield _docstring_of(kind)
    yield _table(kind)
    for key, info in _fields(kind).items():
        below = f"{path}.{key}" if path else key
        for inner, name in _inner(info.annotation, below):
            yield from _sections(inner, name)


def _inner(annotation: Any, path: str) -> Iterator[tuple[type[BaseModel], str]]:
    """Give the models in an annotation, with the path under which each is written."""
    origin = get_origin(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, path
    elif origin is dict:
        yield from _inner(get_args(annotation)[1], f"{path}.<name>")
    elif origin in (list, tuple):
        yield from _inner(get_args(annotation)[0], f"{path}[]")
    elif origin is not Literal:
        for member in get_args(annotation):
            yield from _inner(member, path)


def _fields(kind: type[BaseModel]) -> dict[str, FieldInfo]:
    return {info.alias or name: info for name, info in kind.model_fields.items()}


def _table(kind: type[BaseModel], only: list[str] | None = None) -> str:
    """Give a model's keys as a table. A key without a description of its own has it in the class's docstring."""
    told = _attributes(kind)
    rows = []
    for key, info in _fields(kind).items():
        if only is None or key in only:
            meaning = info.description or told.get(key) or told.get(_python_name(kind, key), "")
            rows.append((f"`{key}`", _type(info.annotation), _default(info), meaning))
    return _grid(("key", "value", "default", "meaning"), rows)


def _python_name(kind: type[BaseModel], key: str) -> str:
    return next(name for name, info in kind.model_fields.items() if (info.alias or name) == key)


def _grid(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("\n", " ").replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _rows(word: str, does: str, functions: dict[str, Callable[..., Any]]) -> str:
    said = {name: " ".join(inspect.cleandoc(each.__doc__ or "").split()) for name, each in functions.items()}
    return _grid((word, does), [(f"`{name}`", said[name].replace("``", "`")) for name in sorted(said)])


_SIMPLE: dict[Any, str] = {
    model.Scalar: "text, number, flag or null", model.Scalar | tuple[model.Scalar, ...]: "value or list of values",
    str: "text", int: "whole number", float: "number", Decimal: "decimal number", bool: "true or false",
    type(None): "null", Any: "any value", AwareDatetime: "moment with a zone", time: "time of day",
}  # fmt: skip


def _type(annotation: Any) -> str:
    """Say in words what may be written."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation in _SIMPLE:
        return _SIMPLE[annotation]
    if origin is Annotated:  # what checks a value says nothing of its type
        return _type(inner[0])
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin in (dict, list, tuple):
        kind, value = ("mapping of names to", inner[1]) if origin is dict else ("list of", inner[0])
        return f"{kind}: {_type(value)}"
    if inner:
        words = dict.fromkeys(word for each in inner for word in _type(each).split(" or "))
        return " or ".join(words)
    return "rules" if issubclass(annotation, RootModel) else "mapping, see below"


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel) or (
        isinstance(value, dict) and any(isinstance(each, BaseModel) for each in value.values())
    ):
        return "as below"
    if isinstance(value, tuple):
        value = list(value)
    return f"`{json.dumps(value, ensure_ascii=False, default=str)}`"


def _docstring_of(thing: Any) -> str:
    """Give a docstring's words, without its sections."""
    text = inspect.cleandoc(thing.__doc__ or "")
    return re.split(r"\n\n(?:Attributes|Args|Raises|Returns):\n", text)[0].replace("``", "`")


def _docstring_after_title(module: Any) -> str:
    """Give a module's docstring after its first line, its literal blocks as YAML."""
    text = inspect.cleandoc(module.__doc__ or "").split("\n\n", 1)[1]
    blocks = re.split(r"::\n\n((?:    .*\n?|\n)+)", text)
    parts = []
    for index, block in enumerate(blocks):
        if index % 2:
            language = "python" if "load_mapping(" in block else "yaml"
            parts.append(f":\n\n```{language}\n{inspect.cleandoc(chr(10) + block)}\n```\n\n")
        else:
            parts.append(block.replace("``", "`"))
    return "".join(parts).strip()


def _attributes(kind: type[BaseModel]) -> dict[str, str]:
    """Read the ``Attributes:`` of a Google docstring."""
    text = inspect.cleandoc(kind.__doc__ or "").partition("Attributes:\n")[2]
    found: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        match = re.match(r"    (\w+): (.*)", line)
        if match and not line.startswith("     "):
            name = match[1]
            found[name] = match[2]
        elif name:
            found[name] += " " + line.strip()
    return {key: value.replace("``", "`").strip() for key, value in found.items()}


def _with_short_forms(schema: dict[str, Any]) -> dict[str, Any]:
    """Let the schema of source mappings take the short forms that its readers take before validation."""
    column = schema["$defs"]["Column"]
    column["properties"]["as"] = column["properties"].pop("read_as")
    column["properties"]["path"] = {"type": "string", "description": "Short for `first` with one path."}
    column.pop("required", None)
    schema["$defs"]["Column"] = {"anyOf": [{"type": "string"}, column]}
    at = schema["$defs"]["Rows"]["properties"]["at"]
    schema["$defs"]["Rows"]["properties"]["at"] = {"anyOf": [{"type": "string"}, at]}
    return schema


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
