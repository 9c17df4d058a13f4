"""The references of settings, mappings and expectations as pages show them, made from the models that read the files."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.console.written import Kind

CODE = re.compile(r"`([^`]+)`")


@cache
def handbook(kind: Kind) -> Markup:
    """Give the reference of settings, of mappings or of expectations."""
    from cartage import reference  # what it describes takes a while to import

    pages = {
        "settings": reference.settings_page,
        "mapping": reference.mappings_page,
        "expectations": reference.expectations_page,
    }
    return Markup("\n").join(_blocks(pages[kind]()))


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
