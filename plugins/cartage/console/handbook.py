"""The references of settings, mappings and expectations as pages show them, made from the models that read the files."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from cartage import yamlfile
from cartage.console.written import Text, is_source, system_module
from cartage.records.batch import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cartage.console.written import Kind

CODE = re.compile(r"`([^`]+)`")


HALVES = ("## To a target", "## From a source")
"""Where the two halves of the reference of mappings begin."""


@cache
def handbook(kind: Kind, name: str) -> Markup:
    """Give the reference of settings, of expectations, or of what one mapping may say and name."""
    from cartage import reference  # what it describes takes a while to import

    if kind == "mapping":
        return Markup("\n").join(_blocks("\n\n".join(_of_mapping(reference.mappings_page(), name))))
    page = reference.settings_page() if kind == "settings" else reference.expectations_page()
    columns = _tables(name) if kind == "expectations" else ()
    return Markup("\n").join(_blocks("\n\n".join([page, *columns])))


def _of_mapping(page: str, name: str) -> Iterator[str]:
    """Give the half of the reference that a mapping is of, and the columns and elements that it may name."""
    head, _, rest = page.partition(HALVES[0])
    to_target, _, from_source = rest.partition(HALVES[1])
    text = Text("mapping", name)
    yield head.strip()
    if is_source(text.file_text):
        yield from_source.strip()
        yield from _tables(str(yamlfile.parse(text.file_text, text.path).data["record"]))
        return
    yield to_target.strip()
    system, _, short = name.partition("/")
    offered = system_module(system, "offered")
    if elements := offered.elements(short):
        yield from ("## Elements", _rows("element", "is", elements))
    for rows, columns in offered.columns(short).items():
        yield from (f"## Columns of `{rows}`", _rows("column", "is", columns))


def _tables(record: str) -> Iterator[str]:
    """Give the columns of a record, table by table."""
    for table, schema in KINDS[record].TABLES.items():
        known = {each.name: each.metadata[b"meaning"].decode() for each in schema}
        yield from (f"## Columns of `{table}`", _rows("column", "is", known))


def _rows(what: str, holds: str, meanings: Mapping[str, str]) -> str:
    lines = (f"| `{name}` | {meaning.replace('|', chr(92) + '|')} |" for name, meaning in meanings.items())
    return "\n".join([f"| {what} | {holds} |", "| --- | --- |", *lines])


def _blocks(text: str) -> Iterator[Markup]:
    """Write the few forms of Markdown that the references have as HTML."""
    fenced = re.split(r"^```\w*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    for index, part in enumerate(fenced):
        if index % 2:
            yield Markup("<pre>{0}</pre>").format(part)
            continue
        for block in re.split(r"\n{2,}", part.strip()):
            if block.startswith("|"):
                yield _table(block.splitlines())
            elif block.startswith("#"):
                level = min(len(block) - len(block.lstrip("#")) + 1, 5)
                yield Markup("<h{0}>{1}</h{0}>").format(level, _line(block.lstrip("# ")))
            elif block.strip() and not block.startswith("<!--"):
                yield Markup("<p>{0}</p>").format(_line(block))


def _table(lines: list[str]) -> Markup:
    rows = [[_line(each.strip().replace("\\|", "|")) for each in _cells(line)] for line in lines if "---" not in line]
    head = Markup("").join(Markup("<th>{0}</th>").format(each) for each in rows[0])
    body = Markup("").join(
        Markup("<tr>{0}</tr>").format(Markup("").join(Markup("<td>{0}</td>").format(each) for each in row))
        for row in rows[1:]
    )
    return Markup("<table><thead><tr>{0}</tr></thead><tbody>{1}</tbody></table>").format(head, body)


def _cells(line: str) -> list[str]:
    return re.split(r"(?<!\\)\|", line.strip())[1:-1]


def _line(text: str) -> Markup:
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text)).replace("&#39;", "'")))  # noqa: S704 - escaped just here
