"""The question about proposals, in words: what was held, how bad it is, and what each answer does."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cartage.ledger.proposals import Proposal

APPROVE, REJECT = "Approve", "Reject"
CHOSEN = "approve"
"""The form's field that says which of several proposals an approval is about."""

FIRST_FEED = "first_feed"

NOUNS = {"stock": ("list", "item"), "price": ("book", "price")}
"""What a person calls a group and a row, by the kind of record."""

SHORT = {"to_zero": "to zero", "deletion": "deletions", "price_move": "moved prices", FIRST_FEED: "first feed"}

WHAT = {
    "to_zero": "{rows} would go to zero, {share} of what can be sold",
    "deletion": "{rows} would be deleted, {share} of the book",
    "price_move": "{rows} would move by more than {limit}",
    FIRST_FEED: "first feed, {rows}",
}

FIGURES = {
    "to_zero": "The limit is {limit}.",
    "deletion": "The limit is {limit}.",
    "price_move": "{up} would rise, {down} would fall.",
    FIRST_FEED: "{above_nought} of them above nought.",
}

WHY = {
    "to_zero": "Stock goes to zero for too large a share of what a list can sell (`to_zero_share`). Falls that known "
    "orders explain are not among them.",
    "deletion": "Too large a share of a book's prices would be deleted (`deletion_share`).",
    "price_move": "Prices move by too large a share (`move_share`).",
    FIRST_FEED: "Nothing was ever sent to {this}. Look whether the numbers are right, since they replace what the shop "
    "has.",
}

EXAMPLES = 15
"""Rows that a question shows of all its proposals together."""

BODY = """{why}

Flow `{flow}`, held by run {runs}:

| {group} | held because | rows | proposal |
| --- | --- | ---: | ---: |
{held}

{which}:

| {group} | sku | the shop has | it would get |
| --- | --- | ---: | ---: |
{examples}

{answers}
"""

ANSWERS = """**Approve**: the {rows} are read anew from the ERP and sent; what looks wrong in another way by then is asked
about anew. **Reject**: the shop keeps what it has, until the ERP says something else. No answer within {hours} hours is
a no.

The rest of the feed went out. A later run may take a proposal's place; an answer is then not acted upon."""

FIRST_ANSWERS = """**Approve**: a full run of the flow sends the feed, and it is not asked about again. **Reject**: the
shop keeps what it has. No answer within {hours} hours is a no."""

SOME = """

To approve some of them only, take the others out of *{title}* before you press Approve: those are rejected."""


@dataclass(frozen=True)
class Question:
    """What a person is asked about proposals of one flow.

    Attributes:
        subject: one line.
        body: Markdown. It names items, never people.
        choices: for each proposal, by its label in the form, its id.
        title: the form's field for them.
    """

    subject: str
    body: str
    choices: Mapping[str, int]
    title: str

    @classmethod
    def about(cls, proposals: Sequence[Proposal]) -> Question:
        """Put it about proposals of one flow, first feeds or others but not both: what follows a yes differs."""
        newest = max(proposals, key=lambda each: each.id)
        group, row = NOUNS.get(newest.record, ("group", "row"))
        first, several = newest.guardrail == FIRST_FEED, len(proposals) > 1
        title = f"Approve these {group}s"
        words = {
            "flow": f"{newest.integration}.{newest.flow}",
            "group": group,
            "rows": f"{row}s",
            "title": title,
            "this": f"these {group}s" if several else f"this {group}",
            "runs": _listed(sorted({each.run_id for each in proposals})),
            "hours": f"{newest.figures['timeout_hours']:g}",
            "which": "The largest" if first else "The worst",
            "held": "\n".join(_held(each) for each in proposals),
            "examples": "\n".join(_examples(proposals)),
        }
        words["why"] = " ".join(WHY[each].format_map(words) for each in sorted({each.guardrail for each in proposals}))
        answers = (FIRST_ANSWERS if first else ANSWERS) + (SOME if several else "")
        words["answers"] = answers.format_map(words)
        return cls(_subject(proposals, group, row), BODY.format_map(words), labels(proposals), title)


def labels(proposals: Sequence[Proposal]) -> dict[str, int]:
    """Give the proposals' ids by what the form calls them."""
    return {f"{each.group}: {SHORT[each.guardrail]} ({each.id})": each.id for each in proposals}


def _subject(proposals: Sequence[Proposal], group: str, row: str) -> str:
    if len(proposals) == 1:
        return f"{proposals[0].group}: {_what(proposals[0])}"
    flow, groups = proposals[0].flow, _counted(len({each.group for each in proposals}), group)
    rows = _counted(sum(each.rows for each in proposals), row)
    if proposals[0].guardrail == FIRST_FEED:
        return f"{flow}: first feed of {groups}, {rows}"
    return f"{flow}: {rows} of {groups} look wrong"


def _what(proposal: Proposal) -> str:
    return WHAT[proposal.guardrail].format_map(_figures(proposal))


def _held(proposal: Proposal) -> str:
    why = f"{_what(proposal)}. {FIGURES[proposal.guardrail].format_map(_figures(proposal))}"
    of = f" of {_number(proposal.figures['of'])}" if proposal.figures.get("of") else ""
    return f"| {_code(proposal.group)} | {why} | {_number(proposal.rows)}{of} | {proposal.id} |"


def _figures(proposal: Proposal) -> dict[str, str]:
    figures = proposal.figures
    return {
        "rows": _counted(proposal.rows, NOUNS.get(proposal.record, ("group", "row"))[1]),
        "share": _percent(figures.get("share")),
        "limit": _percent(figures.get("limit")),
        "up": _number(figures.get("up", 0)),
        "down": _number(figures.get("down", 0)),
        "above_nought": _number(figures.get("above_nought", 0)),
    }


def _examples(proposals: Sequence[Proposal]) -> Iterator[str]:
    """Give the lines of the examples: of each proposal the worst, of too many the largest proposals'."""
    each_shows = max(1, EXAMPLES // len(proposals))
    largest = sorted(proposals, key=lambda each: (-each.rows, each.id))[:EXAMPLES]
    for proposal in sorted(largest, key=lambda each: each.id):
        for example in proposal.figures["examples"][:each_shows]:
            before, after = (_plain(example[name]) for name in ("before", "after"))
            yield f"| {_code(proposal.group)} | {_code(example['sku'])} | {before} | {after} |"


def _code(text: str) -> str:
    return f"`{str(text).replace('|', '&#124;')}`"


def _plain(value: str | None) -> str:
    """Give a decimal text without its last noughts, and a word for nothing."""
    if value is None:
        return "nothing"
    try:
        return f"{Decimal(value).normalize():f}"
    except ArithmeticError:
        return value


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(str(each) for each in numbers)


def _number(count: int) -> str:
    return f"{count:,}".replace(",", " ")


def _counted(count: int, what: str) -> str:
    return f"{_number(count)} {what}{'' if count == 1 else 's'}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.3g} %"
