"""The question about a proposal, in words: what was held, how bad it is, and what each answer does."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.ledger.proposals import Proposal

SUBJECTS = {
    "to_zero": "{group}: {items} would go to zero, {share} of what can be sold",
    "deletion": "{group}: {prices} would be deleted, {share} of the book",
    "price_move": "{group}: {prices} would move by more than {limit}",
    "first_feed": "{group}: first feed, {items}",
}

WHY = {
    "to_zero": "Falls that known orders explain are not among them. The limit is {limit} of the list's items that can "
    "be sold (`to_zero_share`).",
    "deletion": "The limit is {limit} of the book's prices (`deletion_share`).",
    "price_move": "{up} would rise, {down} would fall. The limit is {limit} of the price (`move_share`).",
    "first_feed": "Nothing was ever sent to it. {above_nought} of the items have more than nought. Look whether the "
    "numbers are right, since they replace what the shop has.",
}

HEAD = """{why}

| | |
| --- | --- |
| flow | `{flow}` |
| held | {rows} of {of} |
| proposal | {id}, of run {run} |

{which}:

| sku | the shop has | it would get |
| --- | ---: | ---: |
{examples}

"""

ANSWERS = """**Approve**: the items are read anew from the ERP and sent; what looks wrong in another way by then is asked about anew.
**Reject**: the shop keeps what it has, until the ERP says something else. No answer within {hours} hours is a no.

The rest of the feed went out. A later run may take this proposal's place; an answer is then not acted upon.
"""

FIRST_ANSWERS = """**Approve**: a full run of the flow sends the feed, and it is not asked about again.
**Reject**: the shop keeps what it has. No answer within {hours} hours is a no.
"""


def question(proposal: Proposal) -> tuple[str, str]:
    """Give subject and body (Markdown) of the question about a proposal. They name items, never people."""
    figures = proposal.figures
    words = {
        "id": proposal.id,
        "flow": f"{proposal.integration}.{proposal.flow}",
        "group": proposal.group,
        "run": proposal.run_id,
        "rows": _number(proposal.rows),
        "items": _counted(proposal.rows, "item"),
        "prices": _counted(proposal.rows, "price"),
        "of": _number(figures.get("of") or proposal.rows),
        "share": _percent(figures.get("share")),
        "limit": _percent(figures.get("limit")),
        "up": _number(figures.get("up", 0)),
        "down": _number(figures.get("down", 0)),
        "above_nought": _number(figures.get("above_nought", 0)),
        "hours": f"{figures['timeout_hours']:g}",
        "examples": "\n".join(_line(each) for each in figures["examples"]),
    }
    first = proposal.guardrail == "first_feed"
    words |= {"why": WHY[proposal.guardrail].format_map(words), "which": "The largest" if first else "The worst"}
    body = (HEAD + (FIRST_ANSWERS if first else ANSWERS)).format_map(words)
    return SUBJECTS[proposal.guardrail].format_map(words), body


def _line(example: Mapping[str, Any]) -> str:
    before, after = (_plain(example[name]) for name in ("before", "after"))
    return f"| `{str(example['sku']).replace('|', '&#124;')}` | {before} | {after} |"


def _plain(value: str | None) -> str:
    """Give a decimal text without its last noughts, and a word for nothing."""
    if value is None:
        return "nothing"
    try:
        return f"{Decimal(value).normalize():f}"
    except ArithmeticError:
        return value


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def _counted(count: int, what: str) -> str:
    return f"{_number(count)} {what}{'' if count == 1 else 's'}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.3g} %"
