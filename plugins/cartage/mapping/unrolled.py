"""Mappings as generated functions: the shape of a mapping, unrolled into one function without calls between fields.

A payload has some two hundred fields, of which a record fills a third. As closures, each field costs a call;
unrolled, a column costs a look into the row and a test for null. What is said of a rule in
`cartage.mapping.compiled` stays the one truth: every rule that is more than a column, and every value that
is not the common case of its rule (a text within its limit, a value that its look-up knows), goes to the
closure made there, faults included.

Names and values of a mapping reach the source by `repr` of a text or by reference only, so nothing that stands in a
mapping can become code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cartage.mapping.compiled import remembering
from cartage.mapping.faults import LookupMissing, MappingFault
from cartage.mapping.model import Body, Conditional, Const, Each, From

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import CodeType

    from cartage.mapping.compiled import Compiler, Getter
    from cartage.mapping.model import Rule

_NAME = "payload"
_STEPS = ("if_null", "values", "transform", "lookup", "kind", "max", "required")


def unrolled(compiler: Compiler, body: Body) -> Getter:
    """Make the function that `Compiler.body` makes, unrolled: it gives a dict, or None when nothing is in it."""
    writer = _Writer(compiler)
    writer.line(0, f"def {_NAME}(row, record):")
    writer.body(body, 1, "", "out", "row")
    writer.line(1, "return out or None")
    made: dict[str, Any] = dict(writer.names)
    exec(_code("\n".join(writer.lines)), made)  # noqa: S102 - our own source, see above
    built: Getter = made[_NAME]
    return built


@lru_cache(maxsize=64)
def _code(source: str) -> CodeType:
    """Compile a source once: every batch of a run has the same."""
    return compile(source, "<mapping>", "exec")


@dataclass
class _Writer:
    """Writes the source.

    Attributes:
        compiler: makes the closures that the source falls back on.
        lines: the source so far.
        names: what the source refers to by name: closures, look-ups, constants.
    """

    compiler: Compiler
    lines: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(
        default_factory=lambda: {"MappingFault": MappingFault, "not_known": (LookupMissing, KeyError)}
    )

    def line(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def body(self, body: Body, depth: int, path: str, into: str, row: str) -> None:
        """Write what fills the dict `into` from the fields of a body."""
        self.line(depth, f"{into} = {{}}")
        for name, rule in body.root.items():
            self._field(rule, depth, f"{path}.{name}" if path else name, f"{into}[{name!r}]", row)

    def _field(self, rule: Rule, depth: int, path: str, target: str, row: str) -> None:
        if isinstance(rule, Conditional) and rule.when:
            self.line(depth, f"if {self._test(rule.when, row)}:")
            depth += 1
        if isinstance(rule, str):
            self.line(depth, f"value = {self._column(rule, row)}")
            self._put(depth, target)
        elif isinstance(rule, Body):
            inner = self._local("body")
            self.body(rule, depth, path, inner, row)
            self.line(depth, f"if {inner}:")
            self.line(depth + 1, f"{target} = {inner}")
        elif isinstance(rule, Const):
            if rule.const is not None:
                self.line(depth, f"{target} = {self._given('const', rule.const)}")
            elif rule.when:
                self.line(depth, "pass")
        elif isinstance(rule, Each):
            self._each(rule, depth, path, target, row)
        else:
            self._stepped(rule, depth, path, target, row)

    def _put(self, depth: int, target: str) -> None:
        self.line(depth, "if value is not None:")
        self.line(depth + 1, f"{target} = value")

    def _each(self, rule: Each, depth: int, path: str, target: str, row: str) -> None:
        entries, index, child, entry = (self._local(each) for each in ("entries", "index", "child", "entry"))
        self.line(depth, f"{entries} = []")
        self.line(depth, f"{index} = 0")
        self.line(depth, "try:")
        self.line(depth + 1, f"for {index}, {child} in enumerate({row}[{rule.each!r}] or ()):")
        if rule.where:
            self.line(depth + 2, f"if not ({self._test(rule.where, child)}):")
            self.line(depth + 3, "continue")
        self.body(rule.body, depth + 2, f"{path}[]", entry, child)
        self.line(depth + 2, f"if {entry}:")
        self.line(depth + 3, f"{entries}.append({entry})")
        self.line(depth, "except MappingFault as fault:")
        self.line(depth + 1, f"raise fault.within({index}) from None")
        self.line(depth, f"if {entries}:")
        self.line(depth + 1, f"{target} = {entries}")

    def _stepped(self, rule: Any, depth: int, path: str, target: str, row: str) -> None:
        """Write a rule with steps: its common case if there is a quick one, else the call of its closure."""
        bare = rule.model_copy(update={"when": {}})  # the condition stands around it already
        call = f"{self._given('rule', self.compiler.rule(bare, path))}({row}, record)"
        steps = {
            name
            for name in _STEPS
            if getattr(rule, name) is not None and (name, getattr(rule, name)) != ("required", False)
        }
        column = self._column(rule.source, row) if isinstance(rule, From) and isinstance(rule.source, str) else None
        if column is not None and steps == {"max"}:
            self._within(column, rule.max, call, depth)
        elif column is not None and steps == {"transform"}:
            self._guarded(column, self._given("transform", remembering(rule.transform)), call, depth)
        elif column is not None and steps - {"required"} == {"lookup"}:
            self._looked_up(column, self._given("lookup", self.compiler.lookups[rule.lookup]), call, depth)
        elif column is not None and not steps & {"if_null", "required"}:
            self.line(depth, f"value = None if {column} is None else {call}")
        else:
            self.line(depth, f"value = {call}")
        self._put(depth, target)

    def _within(self, column: str, limit: int | None, call: str, depth: int) -> None:
        """Write the test of a text's length; a longer one, and what is no text, is the closure's."""
        self.line(depth, f"value = {column}")
        self.line(depth, f"if value is not None and (value.__class__ is not str or len(value) > {limit}):")
        self.line(depth + 1, f"value = {call}")

    def _guarded(self, column: str, transform: str, call: str, depth: int) -> None:
        """Write the call of a transform; what it refuses is the closure's, which says where that was."""
        self.line(depth, f"value = {column}")
        self.line(depth, "if value is not None:")
        self.line(depth + 1, "try:")
        self.line(depth + 2, f"value = {transform}(value)")
        self.line(depth + 1, "except MappingFault:")
        self.line(depth + 2, f"value = {call}")

    def _looked_up(self, column: str, lookup: str, call: str, depth: int) -> None:
        """Write a look-up; what it does not know, what is no text and what is null is the closure's."""
        self.line(depth, f"key = {column}")
        self.line(depth, "value = None")
        self.line(depth, "if key.__class__ is str:")
        self.line(depth + 1, "try:")
        self.line(depth + 2, f"value = {lookup}(key)")
        self.line(depth + 1, "except not_known:")
        self.line(depth + 2, "value = None")
        self.line(depth, "if value is None:")
        self.line(depth + 1, f"value = {call}")

    def _test(self, wanted: Mapping[str, Any], row: str) -> str:
        tests = []
        for column, value in wanted.items():
            values = self._given("values", value if isinstance(value, tuple) else (value,))
            tests.append(f"{self._column(column, row)} in {values}")
        return " and ".join(tests)

    def _column(self, column: str, row: str) -> str:
        own = column.removeprefix(f"{self.compiler.record}.")
        return f"{row if own == column else 'record'}[{own!r}]"

    def _given(self, kind: str, value: Any) -> str:
        name = self._local(kind)
        self.names[name] = value
        return name

    def _local(self, kind: str) -> str:
        """Give a name that nothing else in the source has."""
        return f"{kind}_{len(self.lines)}_{len(self.names)}"
