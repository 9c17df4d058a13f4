"""YAML that knows where every node stands, and pydantic errors told by file and line.

Settings, mappings and expectations are YAML that people write by hand, so every complaint names the
file, the line, the path of the key and what to write instead. The dialect is the JSON-like core of
YAML 1.2, without the surprises of 1.1: only ``true`` and ``false`` are flags (``NO`` is Norway),
``0123`` and ``10:30`` are texts, timestamps are texts until a model reads them, and numbers with a
fraction are `Decimal`. A key that stands twice is an error. Nothing but plain values can be made.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError
from pydantic_core import PydanticCustomError

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pydantic_core import ErrorDetails

Part = str | int
"""A step down a document: a key of a mapping or an index of a list."""

Model = TypeVar("Model", bound=BaseModel)

_MAX_NODES = 100_000
_SHOWN_ERRORS = 10


@dataclass(frozen=True)
class Place:
    """Where a node stands: a file (or ``revision``) and its line, counted from 1."""

    file: str
    line: int


@dataclass(frozen=True)
class Document:
    """Plain values, and where each of them stands.

    Attributes:
        data: dicts, lists, str, int, Decimal, bool and None.
        places: place by path from the document's root; that of a key of a mapping is the key's line.
    """

    data: Any
    places: dict[tuple[Part, ...], Place]

    def place(self, path: Iterable[Part]) -> Place:
        """Give the place of the node at a path, or of its nearest ancestor that is written down."""
        return self.places[self.known(path)]

    def known(self, path: Iterable[Part]) -> tuple[Part, ...]:
        """Follow a path as far as it is written down; steps that the document does not have are passed over."""
        found: tuple[Part, ...] = ()
        for part in path:
            if (*found, part) in self.places:
                found = (*found, part)
        return found

    def under(self, key: str) -> Document:
        """Give the part under a key of the root.

        Raises:
            SettingsError: when the root has no such key.
        """
        if not isinstance(self.data, dict) or key not in self.data:
            raise self.error((), f"the key `{key}:` is missing")
        places = {path[1:]: place for path, place in self.places.items() if path[:1] == (key,)}
        return Document(self.data[key], places)

    def overlaid(self, over: Document) -> Document:
        """Lay another document over this one: mappings are merged key by key, all else is replaced."""
        places = dict(self.places)
        data = _merge(self.data, over.data, (), places, over.places)
        return Document(data, places)

    def error(self, path: Iterable[Part], message: str) -> SettingsError:
        """Make the error that a node is wrong, with its place and path."""
        path = self.known(path)
        place = self.places[path]
        where = f"`{dotted(path)}`: " if path else ""
        return SettingsError(where + message, file=place.file, line=place.line)


def read(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        SettingsError: when it cannot be read or is no YAML of the dialect above.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        beside = sorted(each.name for each in path.parent.glob("*.yaml"))
        hint = close(path.name, beside)
        raise SettingsError(f"there is no such file{hint}", file=str(path)) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(f"cannot be read as UTF-8 text: {problem}", file=str(path)) from problem
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """Read YAML text; `file` is what errors call it.

    Raises:
        SettingsError: when it is no YAML of the dialect above.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        said = getattr(problem, "problem", None) or str(problem)
        raise SettingsError(f"is not valid YAML: {said}", file=file, line=mark.line + 1 if mark else None) from problem
    if root is None:
        return Document({}, {(): Place(file, 1)})
    builder = _Builder(file)
    return Document(builder.value(root, ()), builder.places)


def check(model: type[Model], document: Document) -> Model:
    """Read a document into a pydantic model.

    Raises:
        SettingsError: naming file and line of the first thing that is wrong, and all others below it.
    """
    try:
        return model.model_validate(document.data)
    except ValidationError as problem:
        errors = problem.errors(include_url=False)
        first, *others = sorted((_explain(each, document, model) for each in errors), key=lambda each: each.line or 0)
        if not others:
            raise first from problem
        shown = [str(each) for each in others[:_SHOWN_ERRORS]]
        more = [f"and {len(others) - _SHOWN_ERRORS} more"] if len(others) > _SHOWN_ERRORS else []
        message = str(first).removeprefix(f"{first.file}:{first.line}: ")
        raise SettingsError("\n".join([message, *shown, *more]), file=first.file, line=first.line) from problem


class Strict(BaseModel):
    """The base of everything that people write: frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=False)


def wrong(message: str, *path: Part) -> PydanticCustomError:
    """Make the error that a validator raises when the fault lies at a path below its own model."""
    return PydanticCustomError("setting", "{message}", {"message": message, "at": list(path)})


def close(word: str, known: Iterable[str]) -> str:
    """Give ``; did you mean `x`?`` when a known word is near, else nothing."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean `{near[0]}`?" if near else ""


def dotted(path: Iterable[Part]) -> str:
    """Write a path down: ``sites.RefArch.zone``, ``match[1]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The dialect: tags are resolved by the rules below, and only ever to plain values."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", "-+0123456789"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("merge", r"^<<$", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))

_SCALARS: dict[str, Any] = {
    "tag:yaml.org,2002:bool": lambda text: text == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": Decimal,
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:str": str,
}
_COLLECTIONS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class _Builder:
    """Makes plain values from nodes and notes where each stood."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[tuple[Part, ...], Place] = {}
        self._open: list[int] = []

    def value(self, node: yaml.Node, path: tuple[Part, ...]) -> Any:
        """Make the value of a node."""
        self.places.setdefault(path, Place(self.file, node.start_mark.line + 1))
        if len(self.places) > _MAX_NODES:
            raise self._error(node, f"holds more than {_MAX_NODES} values; aliases that multiply are refused")
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        if node.tag not in _COLLECTIONS:
            raise self._error(node, f"the tag {node.tag} is refused; write a plain value")
        if id(node) in self._open:
            raise self._error(node, "an alias contains itself")
        self._open.append(id(node))
        if isinstance(node, yaml.SequenceNode):
            value: Any = [self.value(each, (*path, index)) for index, each in enumerate(node.value)]
        else:
            value = self._mapping(node, path)
        self._open.pop()
        return value

    def _mapping(self, node: yaml.Node, path: tuple[Part, ...]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            if key in values:
                first = self.places[(*path, key)].line
                raise self._error(key_node, f"the key `{key}` stands twice, first in line {first}; remove one")
            self.places[(*path, key)] = Place(self.file, key_node.start_mark.line + 1)
            values[key] = self.value(value_node, (*path, key))
        return values

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag == "tag:yaml.org,2002:merge":
            raise self._error(node, "a key must be a word; merge keys and compound keys are refused")
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        make = _SCALARS.get(node.tag)
        if make is None:
            raise self._error(node, f"the tag {node.tag} is refused; write a plain value")
        try:
            return make(node.value)
        except (ValueError, ArithmeticError):
            raise self._error(node, f"`{node.value}` is no {node.tag.rsplit(':', 1)[-1]}") from None

    def _error(self, node: yaml.Node, message: str) -> SettingsError:
        return SettingsError(message, file=self.file, line=node.start_mark.line + 1)


def _merge(
    under: Any,
    over: Any,
    path: tuple[Part, ...],
    places: dict[tuple[Part, ...], Place],
    over_places: dict[tuple[Part, ...], Place],
) -> Any:
    """Merge `over` into `under` and move the places of what it replaces."""
    if isinstance(under, dict) and isinstance(over, dict):
        merged = dict(under)
        for key, value in over.items():
            merged[key] = _merge(under[key], value, (*path, key), places, over_places) if key in under else value
            if key not in under:
                _replace(places, over_places, (*path, key))
        return merged
    _replace(places, over_places, path)
    return over


def _replace(
    places: dict[tuple[Part, ...], Place], over: dict[tuple[Part, ...], Place], path: tuple[Part, ...]
) -> None:
    for known in [each for each in places if each[: len(path)] == path]:
        del places[known]
    places.update({each: place for each, place in over.items() if each[: len(path)] == path})


def _explain(error: ErrorDetails, document: Document, model: type[BaseModel]) -> SettingsError:
    """Say one pydantic error in the words of the person who wrote the file."""
    context: dict[str, Any] = dict(error.get("ctx") or {})
    path = [part for part in error["loc"] if part != "[key]"] + list(context.get("at", []))
    kind, given = error["type"], error["input"]
    if kind == "extra_forbidden":
        allowed = _allowed(model, error["loc"][:-1])
        hint = close(str(path[-1]), allowed) or f"; write one of {', '.join(allowed)}"
        return document.error(path, f"unknown key{hint}")
    if kind == "missing":
        return document.error(path, f"the key `{path[-1]}:` is missing; add it")
    if kind in _TYPES:
        return document.error(path, f"must be {_TYPES[kind]}, not {_shown(given)}{_quotes(kind, given)}")
    if kind == "literal_error":
        expected = str(context["expected"]).replace("'", "`")
        hint = close(str(given), re.findall(r"`([^`]*)`", expected))
        return document.error(path, f"{_shown(given)} is not known; write {expected}{hint}")
    message = str(context.get("message", error["msg"])).removeprefix("Value error, ")
    return document.error(path, message[:1].lower() + message[1:])


def _allowed(model: type[BaseModel], path: Iterable[Part]) -> list[str]:
    """Give the keys that the models at a path of pydantic's own allow; a union has several."""
    found: list[Any] = [model]
    for part in path:
        found = [each for kind in found for each in _below(kind, part)]
    return [key for kind in found for each in _models(kind) for key in _keys(each)]


def _below(kind: Any, part: Part) -> Iterator[Any]:
    """Give the types that lie one step below a type."""
    if isinstance(kind, type) and issubclass(kind, RootModel):
        yield from _below(kind.model_fields["root"].annotation, part)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        keys = dict(zip(_keys(kind), kind.model_fields.values(), strict=True))
        yield keys[str(part)].annotation if part in keys else kind
    elif get_origin(kind) is dict:
        yield get_args(kind)[1]
    elif get_origin(kind) in (list, tuple, frozenset):
        yield from get_args(kind)
    else:
        members = [each for member in get_args(kind) for each in _models(member)]
        tagged = [each for each in members if each.__name__ == part]
        for member in tagged or get_args(kind):
            yield from (member,) if tagged else _below(member, part)


def _models(kind: Any) -> Iterator[type[BaseModel]]:
    """Give the models that a value of this type may be read into, without going below it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
    elif get_origin(kind) not in (dict, list, tuple, frozenset):
        for member in get_args(kind):
            yield from _models(member)


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


_TYPES: dict[str, str] = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping (`key: value` lines)",
    "model_type": "a mapping (`key: value` lines)",
    "model_attributes_type": "a mapping (`key: value` lines)",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
}


def _quotes(kind: str, given: Any) -> str:
    if kind == "string_type" and isinstance(given, int | Decimal) and not isinstance(given, bool):
        return f'; write it in quotes: "{given}"'
    return ""


def _shown(given: Any) -> str:
    if given is None:
        return "empty (null)"
    if isinstance(given, dict):
        return "a mapping"
    if isinstance(given, list):
        return "a list"
    word = str(given).lower() if isinstance(given, bool) else str(given)
    return f"`{word[:60]}`"
