"""A mapping to a target, read and ready to be checked and compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cartage import yamlfile
from cartage.mapping.compiled import ATTRIBUTES, ZONE, Compiler, Lookup, Row, Shortened
from cartage.mapping.model import HEADS, SITE, WORDS, Attribute, Body, Conditional, Each, From, Join, MappingFile, Steps
from cartage.mapping.unrolled import unrolled
from cartage.yamlfile import close

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from cartage.errors import SettingsError
    from cartage.mapping.model import Rule
    from cartage.yamlfile import Document, Part

REVISION = "revision"
"""What errors call an overlay, which is no file."""

_INDEX = re.compile(r"\[[0-9]*\]")


@dataclass(frozen=True)
class _Found:
    """A rule, where it stands in the file and in the payload, and what it reads of which rows.

    Attributes:
        rule: the rule.
        at: its path in the file.
        path: the payload's field.
        context: the rows whose columns it reads: the record's name, or that of its child rows.
        reads: columns that the value is made of.
        tests: columns that only decide whether it is written.
    """

    rule: Rule
    at: tuple[Part, ...]
    path: str
    context: str
    reads: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class TargetMapping:
    """A mapping from a neutral record to a payload.

    Attributes:
        file: what the mapping says.
        document: where it says so.
    """

    file: MappingFile
    document: Document

    @property
    def record(self) -> str:
        """The neutral record that is read."""
        return self.file.record

    @property
    def target(self) -> str:
        """The target's record type."""
        return self.file.target

    def check(self, columns: Mapping[str, Collection[str]], lookups: Collection[str] | None = None) -> TargetMapping:
        """Check every column, child and lookup that the mapping names.

        Args:
            columns: the columns that are offered: under the record's name those of its own row, under each
                child's name (`lines`) those of the child's rows.
            lookups: the kinds of lookups that are offered; None: they are not checked.

        Returns:
            The mapping itself.

        Raises:
            SettingsError: with file and line, naming the column that is meant most likely.
        """
        for found in self._rules():
            for column in (*found.reads, *found.tests):
                self._check_column(column, found, columns)
            if isinstance(found.rule, Each) and found.rule.each not in columns:
                raise self._error(
                    found, f"the record has no child rows `{found.rule.each}`{close(found.rule.each, columns)}"
                )
            if lookups is not None:
                self._check_lookups(found, lookups)
        return self

    def compile(
        self, lookups: Mapping[str, Lookup], warn: Callable[[Shortened], None] | None = None
    ) -> Callable[[Row], dict[str, Any]]:
        """Make the function that gives a record's payload.

        Args:
            lookups: by kind, what gives the internal id of a value, or None (or raises `LookupMissing` or
                KeyError) when the target does not know it. ``zone`` gives a site's IANA zone, for
                ``zone: site``.
            warn: told of each text that ``over: warn`` shortened.

        Returns:
            A function of a row: a dict of columns, with child rows as lists of dicts under their names,
            and custom attributes as a dict under ``attributes``. It raises `MappingFault` (`LookupMissing`,
            `ValueRefused`, `ValueMissing`) when this record cannot be mapped, and KeyError when a row
            lacks a column, which `check` rules out beforehand.

        Raises:
            SettingsError: when the mapping asks for a lookup that is not given.
        """
        for found in self._rules():
            self._check_lookups(found, lookups)
        build = unrolled(Compiler(self.record, lookups, warn), self.file.body)
        return lambda row: build(row, row) or {}

    def lookups(self) -> set[str]:
        """Give the kinds of lookups that the mapping asks for."""
        return {kind for found in self._rules() for kind in _lookups(found.rule)}

    def trace(self, path: str) -> str | None:
        """Say which column a field of the payload came from, for an error that the target reports by path.

        Args:
            path: as NetSuite writes it, ``item.items[0].item``.

        Returns:
            The column, ``lines.product_id`` or ``placed_at``, or None for a constant or an unknown field.
        """
        wanted = _INDEX.sub("", path)
        nearest: tuple[int, str] | None = None
        for found in self._rules():
            here = _INDEX.sub("", found.path)
            inside = f"{here}.".startswith(f"{wanted}.") or f"{wanted}.".startswith(f"{here}.")
            if found.reads and inside:
                this = (abs(len(here) - len(wanted)), self._qualified(found.reads[0], found.context))
                nearest = min(nearest or this, this)
        return nearest[1] if nearest else None

    def _rules(self) -> Iterator[_Found]:
        return _walk(self.file.body, ("body",), "", self.record)

    def _qualified(self, column: str, context: str) -> str:
        own = column.removeprefix(f"{self.record}.")
        return own if own != column or context == self.record else f"{context}.{column}"

    def _check_column(self, column: str, found: _Found, columns: Mapping[str, Collection[str]]) -> None:
        own = column.removeprefix(f"{self.record}.")
        context = self.record if own != column else found.context
        if own not in columns.get(context, ()):
            hint = close(own, columns.get(context, ()))
            if not hint and own in columns.get(self.record, ()):
                hint = f"; the {self.record}'s own column is written `{self.record}.{own}`"
            raise self._error(found, f"there is no column `{own}` in {context}{hint}")

    def _check_lookups(self, found: _Found, lookups: Collection[str]) -> None:
        for kind in _lookups(found.rule):
            if kind not in lookups:
                raise self._error(found, f"there is no lookup `{kind}`{close(kind, lookups)}")

    def _error(self, found: _Found, message: str) -> SettingsError:
        return self.document.error(found.at, message)


def load_mapping(system: str, record: str, include: Path, overlay: str | None = None) -> TargetMapping:
    """Read a mapping to a target.

    Args:
        system: the target's package under `cartage.systems`.
        record: name of the file, ``<include>/mappings/<system>/<record>.yaml``.
        include: the include folder.
        overlay: YAML of a revision, shaped like the file; mappings are merged into it key by key.

    Raises:
        SettingsError: with file and line; where the revision is at fault, the file reads ``revision``.
    """
    document = yamlfile.read(include / "mappings" / system / f"{record}.yaml")
    if overlay and overlay.strip():
        document = document.overlaid(yamlfile.parse(overlay, REVISION))
    return read_mapping(document)


def read_mapping(document: Document) -> TargetMapping:
    """Read a mapping from a document.

    Raises:
        SettingsError: with file and line.
    """
    mapping = TargetMapping(yamlfile.check(MappingFile, document), document)
    for found in _walk(mapping.file.body, ("body",), "", mapping.record):
        if isinstance(found.rule, Body):
            _refuse_stray_words(found, document)
        if isinstance(found.rule, Attribute) and found.rule.attribute.owner not in (None, mapping.record):
            raise document.error(
                (*found.at, "attribute", "owner"), f"must be `{mapping.record}`, or left out for the row at hand"
            )
    return mapping


def only_fields(mapping: TargetMapping, fields: Collection[str]) -> TargetMapping:
    """Give a mapping that writes some of the payload's fields only, given the first words of their paths."""
    body = Body({name: rule for name, rule in mapping.file.body.root.items() if name in fields})
    return replace(mapping, file=mapping.file.model_copy(update={"body": body}))


def _refuse_stray_words(found: _Found, document: Document) -> None:
    """A body with a word of the language in it is a rule that lost its head, or has it misspelt."""
    assert isinstance(found.rule, Body)
    stray = next((word for word in found.rule.root if word in WORDS), None)
    if stray is not None:
        heads = ", ".join(f"`{word}:`" for word in HEADS)
        misspelt = next((hint for word in found.rule.root if (hint := close(word, HEADS))), "")
        raise document.error((*found.at, stray), f"`{stray}:` belongs to a rule, which needs one of {heads}{misspelt}")


def _walk(body: Body, at: tuple[Part, ...], path: str, context: str) -> Iterator[_Found]:
    """Give every rule of a body and of the bodies in it."""
    yield _Found(body, at, path, context)
    for name, rule in body.root.items():
        here, below = (*at, name), f"{path}.{name}" if path else name
        if isinstance(rule, Body):
            yield from _walk(rule, here, below, context)
            continue
        tests = tuple(rule.when) if isinstance(rule, Conditional) else ()
        yield _Found(rule, here, below, context, _reads(rule), tests)
        if isinstance(rule, Each):
            yield _Found(rule.body, (*here, "where"), below, rule.each, tests=tuple(rule.where))
            yield from _walk(rule.body, (*here, "body"), f"{below}[]", rule.each)


def _reads(rule: Rule) -> tuple[str, ...]:
    if isinstance(rule, str):
        return (rule,)
    if isinstance(rule, From):
        return (rule.source,) if isinstance(rule.source, str) else rule.source
    if isinstance(rule, Join):
        return rule.join
    return (ATTRIBUTES,) if isinstance(rule, Attribute) else ()


def _lookups(rule: Rule) -> Iterator[str]:
    if isinstance(rule, Steps):
        if rule.lookup is not None:
            yield rule.lookup
        if rule.zone == SITE:
            yield ZONE
