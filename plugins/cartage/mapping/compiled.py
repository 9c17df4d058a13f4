"""Mappings as closures: read once, called a hundred thousand times.

A rule becomes a function of the row at hand and the record's own row that gives a value or None. The work
of deciding what a rule says is done here, once; what remains for each row is only what the rule asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from cartage.mapping.conversions import CONVERSIONS, day, rounded, text
from cartage.mapping.faults import LookupMissing, MappingFault, ValueMissing, ValueRefused
from cartage.mapping.model import SITE, Attribute, Body, Conditional, Const, Each, From, Join, Steps
from cartage.mapping.transforms import TRANSFORMS

if TYPE_CHECKING:
    from cartage.mapping.model import Rule

Row = dict[str, Any]
Getter = Callable[[Row, Row], Any]
Step = Callable[[Any, Row], Any]
Lookup = Callable[[str], str | None]

ATTRIBUTES = "attributes"
"""Column of a row that holds its custom attributes, a dict of values by name."""

_NONE = object()
"""Stands for no default at all."""

ZONE = "zone"
"""Lookup that gives a site's IANA zone."""


@dataclass(frozen=True)
class Shortened:
    """A text was longer than its field: what `over: warn` reports."""

    path: str
    field: str | None
    length: int
    max: int


@dataclass(frozen=True)
class Compiler:
    """Makes closures of rules.

    Attributes:
        record: name of the record, which qualifies the columns of its own row.
        lookups: what gives an internal id for a value, by kind.
        warn: told of texts that were shortened.
    """

    record: str
    lookups: Mapping[str, Lookup]
    warn: Callable[[Shortened], None] | None = None

    def body(self, body: Body, path: str = "") -> Getter:
        """Compile a body: a function that gives a dict, or None when every field was left out."""
        fields: list[tuple[str, str, Getter | None]] = []
        for name, rule in body.root.items():
            if isinstance(rule, str) and not self._own(rule):
                fields.append((name, rule, None))  # a plain column, the commonest rule, is read without a call
            else:
                fields.append((name, "", self.rule(rule, f"{path}.{name}" if path else name)))

        def build(row: Row, record: Row) -> Any:
            built = {}
            for name, column, getter in fields:
                value = row[column] if getter is None else getter(row, record)
                if value is not None:
                    built[name] = value
            return built or None

        return build

    def rule(self, rule: Rule, path: str) -> Getter:
        """Compile the rule of one field of the payload."""
        if isinstance(rule, str):
            return self._column(rule)
        if isinstance(rule, Body):
            return self.body(rule, path)
        if isinstance(rule, Const):
            constant = rule.const
            getter: Getter = lambda row, record: constant  # noqa: ARG005, E731 - a getter by its type
        elif isinstance(rule, Each):
            getter = self._each(rule, path)
        else:
            getter = self._stepped(rule, path)
        return self._conditional(rule, getter)

    def _each(self, rule: Each, path: str) -> Getter:
        name, build = rule.each, self.body(rule.body, f"{path}[]")
        taken = self._test(rule.where) if rule.where else None

        def get(row: Row, record: Row) -> Any:
            entries = []
            index = 0
            try:
                for index, child in enumerate(row[name] or ()):  # noqa: B007 - the fault names the row
                    if taken is None or taken(child, record):
                        entry = build(child, record)
                        if entry is not None:
                            entries.append(entry)
            except MappingFault as fault:
                raise fault.within(index) from None
            return entries or None

        return get

    def _stepped(self, rule: Steps, path: str) -> Getter:
        """Compile a rule that reads a value and takes it through steps."""
        read, field = self._read(rule)
        steps = list(self._steps(rule, path, field))
        required, if_null = rule.required, rule.if_null

        def get(row: Row, record: Row) -> Any:
            value = read(row, record)
            if value is None:
                value = if_null
            try:
                for step in steps:
                    if value is None:
                        break
                    value = step(value, record)
                if value is None and required:
                    raise ValueMissing("is required, but the record has no value for it")
            except MappingFault as fault:
                raise fault.at(path, field) from None
            return value

        return get

    def _read(self, rule: Steps) -> tuple[Getter, str]:
        """Compile what a rule reads, and name the column it is traced back to."""
        if isinstance(rule, From):
            columns = (rule.source,) if isinstance(rule.source, str) else rule.source
            return self._first([self._column(each) for each in columns]), columns[0]
        if isinstance(rule, Join):
            return self._joined([self._column(each) for each in rule.join], rule.between), rule.join[0]
        assert isinstance(rule, Attribute)
        name, own = rule.attribute.name, rule.attribute.owner == self.record
        if own:
            return lambda _, record: record[ATTRIBUTES].get(name), f"{ATTRIBUTES}.{name}"
        return lambda row, _: row[ATTRIBUTES].get(name), f"{ATTRIBUTES}.{name}"

    def _first(self, getters: list[Getter]) -> Getter:
        if len(getters) == 1:
            return getters[0]

        def get(row: Row, record: Row) -> Any:
            for getter in getters:
                value = getter(row, record)
                if value is not None:
                    return value
            return None

        return get

    def _joined(self, getters: list[Getter], between: str) -> Getter:
        def get(row: Row, record: Row) -> Any:
            values = (getter(row, record) for getter in getters)
            return between.join(text(value) for value in values if value is not None) or None

        return get

    def _own(self, column: str) -> bool:
        return column.startswith(f"{self.record}.")

    def _column(self, column: str) -> Getter:
        if self._own(column):
            own = column.removeprefix(f"{self.record}.")
            return lambda _, record: record[own]
        return lambda row, _: row[column]

    def _steps(self, rule: Steps, path: str, field: str) -> list[Step]:
        steps: list[Step] = []
        if rule.values is not None:
            steps.append(_value_map(rule.values, _default(rule)))
        if rule.transform is not None:
            steps.append(_alone(remembering(rule.transform)))
        if rule.lookup is not None:
            steps.append(_looked_up(rule.lookup, self.lookups[rule.lookup], _default(rule)))
        if rule.kind is not None:
            steps.append(self._conversion(rule))
        if rule.max is not None:
            steps.append(self._limit(rule, rule.max, path, field))
        return steps

    def _conversion(self, rule: Steps) -> Step:
        if rule.kind != "date":
            convert = CONVERSIONS[str(rule.kind)] if rule.places is None else rounded(rule.places)
            return _alone(convert)
        if rule.zone != SITE:
            return _alone(day(str(rule.zone)))
        zone_of, days = self.lookups[ZONE], {}

        def in_site(value: Any, record: Row) -> str:
            site = record[SITE]
            if site not in days:
                zone = zone_of(site)
                if zone is None:
                    raise LookupMissing(ZONE, site)
                days[site] = day(zone)
            return str(days[site](value))

        return in_site

    def _limit(self, rule: Steps, limit: int, path: str, field: str) -> Step:
        over, warn = rule.over, self.warn

        def cut(value: Any, _: Row) -> Any:
            written = value if isinstance(value, str) else text(value)
            if len(written) <= limit:
                return value
            if over == "refuse":
                raise ValueRefused(f"has {len(written)} characters, but the target takes {limit}")
            if over == "warn" and warn is not None:
                warn(Shortened(path, field, len(written), limit))
            return written[:limit].rstrip() or None

        return cut

    def _conditional(self, rule: Conditional, getter: Getter) -> Getter:
        if not rule.when:
            return getter
        holds = self._test(rule.when)
        return lambda row, record: getter(row, record) if holds(row, record) else None

    def _test(self, wanted: Mapping[str, Any]) -> Callable[[Row, Row], bool]:
        tests = [
            (self._column(column), value if isinstance(value, tuple) else (value,)) for column, value in wanted.items()
        ]
        return lambda row, record: all(getter(row, record) in values for getter, values in tests)


def _default(rule: Steps) -> Any:
    """Give the default, which may be null: then the field is left out."""
    return rule.default if "default" in rule.model_fields_set else _NONE


@cache
def remembering(transform: str) -> Callable[[Any], Any]:
    """Give a named transform that remembers: a record's country, phone and e-mail stand in several of its payloads."""
    return lru_cache(maxsize=4096, typed=True)(TRANSFORMS[transform])


def _alone(function: Callable[[Any], Any]) -> Step:
    """Make a step of a function that looks at the value alone."""
    return lambda value, _: function(value)


def _value_map(values: Mapping[str, Any], default: Any) -> Step:
    def step(value: Any, _: Row) -> Any:
        key = value if isinstance(value, str) else text(value)
        if key in values:
            return values[key]
        if default is _NONE:
            raise ValueRefused("is not in the value map; add it there, or give the map a default")
        return default

    return step


def _looked_up(kind: str, lookup: Lookup, default: Any) -> Step:
    def step(value: Any, _: Row) -> Any:
        key = value if isinstance(value, str) else text(value)
        try:
            found = lookup(key)
        except (LookupMissing, KeyError):
            found = None
        if found is not None:
            return found
        if default is _NONE:
            raise LookupMissing(kind, key)
        return default

    return step
