"""Mappings from a source: which element of an XML document is a row, and where its columns stand.

One YAML file (``include/mappings/<system>/<record>.yaml``) is all that the readers know of a
document. It is read into the models below and then spelled out, without shorthand, as `Element`s:
every kind of element that becomes a row, with the columns that it gives.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator, model_validator

from cartage.records.batch import KINDS
from cartage.yamlfile import Strict, check, close, read, wrong

if TYPE_CHECKING:
    from pathlib import Path

Reading = Literal["last_four", "first_of_several", "several"]

_WORD = re.compile(r"\{(\w+)\}")
_NAME_OF = re.compile(r"^name\((?:(?P<parent>.+)/)?\*\)$")


class Column(Strict):
    """Where a column's text stands.

    Attributes:
        first: paths from the row's element; the first that has text gives it. ``path`` is short for one.
        required: a record whose row has no text here is condemned. Only for what names the record:
            what else must be there is told by the expectations.
        map: what the text becomes; a text that is not listed becomes `default`.
        default: what stands when there is no text, or none that `map` lists.
        read_as: ``last_four``: the last four digits and nothing else; ``first_of_several`` and
            ``several``: of an element that may be repeated, the first text, or a JSON array of all
            when there are at least two. Written ``as`` in the file.
    """

    first: tuple[str, ...]
    required: bool = False
    map: dict[str, str] = Field(default_factory=dict)
    default: str | None = None
    read_as: Reading | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"first": (value,)}
        if isinstance(value, dict):
            value = dict(value)
            if "path" in value:
                value["first"] = (value.pop("path"),)
            if "as" in value:
                value["read_as"] = value.pop("as")
        return value


class Use(Strict):
    """A fragment's columns, found under `at`, each named with `prefix` before it.

    Attributes:
        fragment: its name under `fragments`.
        at: path from the row's element to where its columns stand.
        prefix: what the names of its columns begin with here.
    """

    fragment: str
    at: str = "."
    prefix: str = ""


class Rows(Strict):
    """Elements that are rows of a table.

    Attributes:
        at: path, or paths, from the record's element.
        under: when several elements have this same child: their paths; each is put before `at`.
        single: the element is there once at most, so it has no container of its own; it is a row
            when any of its columns has text.
        set: columns that are the same for all these rows.
        link: column -> table: the number of the nearest row of that table around this one.
        inherit: column -> table: that column's value in the nearest row of the table around this one.
        use: fragments.
        columns: where each column stands.
    """

    at: tuple[str, ...]
    under: tuple[str, ...] = (".",)
    single: bool = False
    set: dict[str, str] = Field(default_factory=dict)
    link: dict[str, str] = Field(default_factory=dict)
    inherit: dict[str, str] = Field(default_factory=dict)
    use: tuple[Use, ...] = ()
    columns: dict[str, Column] = Field(default_factory=dict)

    @field_validator("at", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class Refusal(Strict):
    """A text that condemns the record when it is there.

    Attributes:
        at: path from the record's element to where it is looked for.
        path: path from there to the text.
        code: stable name of the reason, by which errors are grouped.
        message: what is wrong, and what to do.
    """

    at: str
    path: str
    code: str
    message: str


class SourceFile(Strict):
    """A mapping file, as it is written.

    A path is elements with ``/`` between them and at last perhaps an attribute (``quantity/@unit``); ``.`` is the
    row's own text, ``name(x/*)`` the name of the first element inside x, ``{word}`` what stands under `paths`.

    Attributes:
        record: the neutral record that is read.
        namespaces: XML namespaces that a document may be of; any other is rejected.
        roots: names that its outermost element may have.
        element: name of the element that is a record.
        key: column with the number that people know the record by.
        document: columns that stand on the outermost element and are the same for all records.
        paths: words for long paths.
        fragments: columns that stand in several places, by the fragment's name and their own.
        tables: where the rows of each table of the record stand; all of them must be named.
        refuse: what condemns a record when it is there.
    """

    record: Literal["order", "customer"]
    namespaces: tuple[str, ...]
    roots: tuple[str, ...]
    element: str
    key: str
    document: dict[str, str] = Field(default_factory=dict)
    paths: dict[str, str] = Field(default_factory=dict)
    fragments: dict[str, dict[str, Column]] = Field(default_factory=dict)
    tables: dict[str, tuple[Rows, ...]]
    refuse: tuple[Refusal, ...] = ()

    @model_validator(mode="after")
    def _known_columns(self) -> SourceFile:
        tables = KINDS[self.record].TABLES
        for table, places in self.tables.items():
            if table not in tables:
                raise wrong(f"`{table}` is no table of the {self.record}; it has {', '.join(tables)}", "tables", table)
            for number, rows in enumerate(places):
                for part in ("set", "link", "inherit", "columns"):
                    for name in getattr(rows, part):
                        if name not in tables[table].names:
                            hint = close(name, tables[table].names) or f"; see records/{self.record}.py"
                            raise wrong(f"`{table}` has no column {name}{hint}", "tables", table, number, part, name)
                for place, use in enumerate(rows.use):
                    self._check_use(table, use, ("tables", table, number, "use", place))
        if missing := sorted(set(tables) - set(self.tables)):
            raise wrong(f"the tables {', '.join(missing)} are missing", "tables")
        return self

    def _check_use(self, table: str, use: Use, at: tuple[str | int, ...]) -> None:
        if use.fragment not in self.fragments:
            known = ", ".join(self.fragments)
            raise wrong(f"there is no fragment `{use.fragment}`; there are {known}", *at)
        for name in self.fragments[use.fragment]:
            column = use.prefix + name
            if column not in KINDS[self.record].TABLES[table].names:
                raise wrong(f"`{table}` has no column {column}, which the fragment gives", *at)


def _used(file: SourceFile, rows: Rows) -> dict[str, Column]:
    """Give the columns that the rows' fragments stand for."""
    columns = {}
    for use in rows.use:
        for name, column in file.fragments[use.fragment].items():
            first = tuple(_join(use.at, path) for path in column.first)
            columns[use.prefix + name] = column.model_copy(update={"first": first})
    return columns


@dataclass(frozen=True)
class Refuse:
    """A path below an element whose text condemns the record."""

    path: str
    code: str
    message: str


@dataclass(frozen=True, eq=False)
class Element:
    """A kind of element that becomes rows, spelled out.

    Attributes:
        number: place in the mapping's list; rows of a table are sorted by record, then by this.
        table: neutral table, or None when the element only condemns.
        steps: element names from the record's element down; empty for the record itself.
        single: see `Rows.single`.
        around: the nearest element of the mapping around this one; None for the record itself.
        set, link, inherit, columns: see `Rows`; the elements that `link` and `inherit` lead to.
        refuse: texts that condemn.
    """

    number: int
    table: str | None
    steps: tuple[str, ...]
    single: bool
    around: Element | None
    set: dict[str, str]
    link: dict[str, Element]
    inherit: dict[str, Element]
    columns: dict[str, Column]
    refuse: tuple[Refuse, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that the element's columns and refusals read, each once, in order."""
        wanted = [path for column in self.columns.values() for path in column.first]
        return tuple(dict.fromkeys([*wanted, *(each.path for each in self.refuse)]))


@dataclass(frozen=True, eq=False)
class SourceMapping:
    """A mapping, spelled out.

    Attributes:
        record: kind of record, a key of `KINDS`.
        namespaces: those that the document's root may have.
        roots: names that the document's root may have.
        element: name of the element that is a record.
        key: column of the root table that names the record within its site.
        document: column of the root table -> attribute of the document's root.
        elements: elements that become rows, outer ones before inner ones, the record first.
    """

    record: str
    namespaces: tuple[str, ...]
    roots: tuple[str, ...]
    element: str
    key: str
    document: dict[str, str]
    elements: tuple[Element, ...]

    @property
    def named_children(self) -> tuple[str, ...]:
        """Names of the elements whose first child's name is read (``name(x/*)``)."""
        parents = set()
        for element in self.elements:
            for path in element.paths:
                if match := _NAME_OF.match(path):
                    parent = match["parent"]
                    parents.add(parent.rsplit("/", 1)[-1] if parent else (element.steps or (self.element,))[-1])
        return tuple(sorted(parents))


def load_source(system: str, record: str, include: Path) -> SourceMapping:
    """Read ``include/mappings/<system>/<record>.yaml``.

    Raises:
        SettingsError: naming file and line, when a key, table or column is unknown or of the wrong type.
    """
    document = read(include / "mappings" / system / f"{record}.yaml")
    file = check(SourceFile, document)
    try:
        return _spell_out(file)
    except ValueError as error:
        raise document.error(("tables",), str(error)) from error


def name_of(path: str) -> str | None:
    """Give the parent path of ``name(parent/*)`` (empty for the row itself), or None for any other path."""
    match = _NAME_OF.match(path)
    return (match["parent"] or "") if match else None


def _join(parent: str, path: str) -> str:
    if parent == ".":
        return path
    return parent if path == "." else f"{parent}/{path}"


def _worded(path: str, words: dict[str, str]) -> str:
    while match := _WORD.search(path):
        if match[1] not in words:
            raise ValueError(f"`{path}` has the word {{{match[1]}}}, which `paths:` does not have")
        path = path.replace(match[0], words[match[1]])
    return path


def _spell_out(file: SourceFile) -> SourceMapping:
    """Resolve words, fragments and links; see `SourceMapping`."""
    root = KINDS[file.record].ROOT
    places: list[tuple[str | None, Rows | None, tuple[str, ...]]] = []
    for table in (root, *(each for each in file.tables if each != root)):
        for written in file.tables[table]:
            for under, at in itertools.product(written.under, written.at):
                path = _worded(_join(under, at), file.paths)
                places.append((table, written, () if path == "." else tuple(path.split("/"))))
    known = {steps for _, _, steps in places}
    refusals: dict[tuple[str, ...], list[Refuse]] = {}
    for each in file.refuse:
        path = _worded(each.at, file.paths)
        steps = () if path == "." else tuple(path.split("/"))
        refusals.setdefault(steps, []).append(Refuse(each.path, each.code, each.message))
        if steps not in known:
            places.append((None, None, steps))
            known.add(steps)

    made: dict[tuple[str, ...], Element] = {}
    numbers = {steps: number for number, (_, _, steps) in enumerate(places)}
    for owner, rows, steps in sorted(places, key=lambda each: (len(each[2]), numbers[each[2]])):
        around = next((made[steps[:n]] for n in range(len(steps) - 1, -1, -1) if steps[:n] in made), None)
        made[steps] = Element(
            number=numbers[steps],
            table=owner,
            steps=steps,
            single=bool(rows and rows.single),
            around=around,
            set=rows.set if rows else {},
            link={name: _nearest(around, table) for name, table in (rows.link if rows else {}).items()},
            inherit={name: _nearest(around, table) for name, table in (rows.inherit if rows else {}).items()},
            columns={**_used(file, rows), **rows.columns} if rows else {},
            refuse=tuple(refusals.get(steps, ())),
        )
    elements = tuple(made.values())
    return SourceMapping(file.record, file.namespaces, file.roots, file.element, file.key, file.document, elements)


def _nearest(around: Element | None, table: str) -> Element:
    while around and around.table != table:
        around = around.around
    if around is None:
        raise ValueError(f"no row of `{table}` stands around this one")
    return around
