"""The `q` parameter of a collection: ``email IS "a@example.com" AND isInactive IS false``.

A small part of the language: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1545222128.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import Refusal

if TYPE_CHECKING:
    from sandbox.netsuite.field_lists import Property

_TOKEN = re.compile(r'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|([^\s()"]+))')

_TEXT = {
    "IS": "{} = ? COLLATE NOCASE", "IS_NOT": "({0} IS NULL OR {0} <> ? COLLATE NOCASE)", "CONTAIN": "{} LIKE '%' || ? || '%'",
    "START_WITH": "{} LIKE ? || '%'", "END_WITH": "{} LIKE '%' || ?",
}  # fmt: skip
_NUMBER = {
    "EQUAL": "{} = ?", "GREATER": "{} > ?", "LESS": "{} < ?", "GREATER_OR_EQUAL": "{} >= ?", "LESS_OR_EQUAL": "{} <= ?",
}  # fmt: skip
_DATE = {
    "ON": "substr({}, 1, 10) = ?", "AFTER": "substr({}, 1, 10) > ?", "BEFORE": "substr({}, 1, 10) < ?",
    "ON_OR_AFTER": "substr({}, 1, 10) >= ?", "ON_OR_BEFORE": "substr({}, 1, 10) <= ?",
}  # fmt: skip


def condition(q: str | None, definition: dict[str, Property]) -> tuple[str, list[Any]]:
    """Translate a filter into SQL over ``record``.

    Args:
        q: the parameter; None takes all.
        definition: the record type's properties.

    Returns:
        A condition with question marks, and their values.

    Raises:
        Refusal: the filter cannot be read, or names a property that is not there.
    """
    if not q or not q.strip():
        return "1", []
    parser = _Parser(q, definition)
    sql = parser.either()
    if parser.peek() is not None:
        raise parser.wrong()
    return sql, parser.values


class _Parser:
    def __init__(self, q: str, definition: dict[str, Property]) -> None:
        self.tokens = [
            (match.group(1) or match.group(2) or match.group(4), match.group(3)) for match in _TOKEN.finditer(q)
        ]
        self.at = 0
        self.definition = definition
        self.values: list[Any] = []

    def wrong(self, detail: str = "The search filter cannot be read.") -> Refusal:
        return Refusal("INVALID_PARAMETER", detail, parameter="q")

    def peek(self) -> str | None:
        if self.at >= len(self.tokens):
            return None
        word, quoted = self.tokens[self.at]
        return word if quoted is None else quoted

    def take(self) -> str:
        word = self.peek()
        if word is None:
            raise self.wrong()
        self.at += 1
        return word

    def either(self) -> str:
        sql = self.both()
        while (self.peek() or "").upper() == "OR":
            self.at += 1
            sql = f"({sql} OR {self.both()})"
        return sql

    def both(self) -> str:
        sql = self.one()
        while (self.peek() or "").upper() == "AND":
            self.at += 1
            sql = f"({sql} AND {self.one()})"
        return sql

    def one(self) -> str:
        if self.peek() == "(":
            self.at += 1
            sql = self.either()
            if self.take() != ")":
                raise self.wrong()
            return sql
        name, operator = self.take(), self.take().upper()
        known = self.definition.get(name)
        if known is None:
            raise self.wrong(f"The record has no field '{name}'.")
        column = self._column(name, known)
        if operator in ("EMPTY", "EMPTY_NOT"):
            return f"{column} IS {'NOT ' if operator == 'EMPTY_NOT' else ''}NULL"
        if operator == "ANY_OF":
            return self._any_of(column)
        templates = self._templates(known)
        if operator not in templates:
            raise self.wrong(f"The operator {operator} does not fit the field '{name}'.")
        self.values.append(self._operand(known, self.take()))
        return templates[operator].format(column)

    def _any_of(self, column: str) -> str:
        words = self.take().strip("[]").split(",")
        self.values += words
        return f"{column} IN ({', '.join('?' * len(words))})"

    def _column(self, name: str, known: Property) -> str:
        fixed = {
            "externalId": "external_id",
            "id": "id",
            "lastModifiedDate": "modified",
            "dateCreated": "created",
            "createdDate": "created",
        }
        if name in fixed:
            return fixed[name]
        path = f"{name}.id" if known.kind in ("ref", "enum", "country") else name
        return f"json_extract(body, '$.\"{path}\"')" if "." not in path else f"json_extract(body, '$.{path}')"

    def _templates(self, known: Property) -> dict[str, str]:
        if known.kind in ("date", "date-time"):
            return _DATE
        if known.kind in ("number", "integer"):
            return _NUMBER
        if known.kind == "boolean":
            return {"IS": "COALESCE({}, 0) = ?", "IS_NOT": "COALESCE({}, 0) <> ?"}
        return _TEXT | {"EQUAL": "{} = ?"} if known.kind in ("ref", "string") else _TEXT

    def _operand(self, known: Property, word: str) -> Any:
        if known.kind == "boolean":
            return int(word.lower() == "true")
        if known.kind in ("number", "integer"):
            try:
                return float(word)
            except ValueError:
                raise self.wrong(f"'{word}' is not a number.") from None
        if known.kind in ("date", "date-time"):
            return _iso(word, self)
        return word


def _iso(word: str, parser: _Parser) -> str:
    """Read a date in the user's format, M/D/YYYY, which is what `q` expects, whatever the API's own dates look like."""
    match = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", word)
    if not match:
        raise parser.wrong(f"'{word}' is not a date in the user's format (M/D/YYYY).")
    month, day, year = (int(each) for each in match.groups())
    return f"{year:04}-{month:02}-{day:02}"
