"""Which rows of a feed look wrong enough to ask a person first: rules over columns, without a ledger.

Four guardrails. *first_feed*: of the list or book nothing was ever told. *to_zero*: stock that falls to zero,
when too large a share of the list does. *deletion*: prices that go, in the same way. *price_move*: each price that
moves too far. A row is judged by what the shop was last told and what it would be told now.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.ledger.proposals import ROWS, Draft
from cartage.settings.guardrails import PriceGuardrail, StockGuardrail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cartage.ledger.told import Group

TO_ZERO, DELETION, PRICE_MOVE, FIRST_FEED = "to_zero", "deletion", "price_move", "first_feed"

EXAMPLES = 10
"""Rows that a person is shown of a proposal, the worst first."""

AMOUNT = pa.decimal128(24, 6)
SHARE = pa.decimal128(10, 6)
UNLIMITED = pa.scalar(Decimal(10) ** 15, AMOUNT)
"""Stands for a value that is no number: an item that is never sold out."""
NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,6}0*)?$"


@dataclass(frozen=True)
class Standing:
    """A proposal as the judge sees it: its id, and its rows by key (hash, then value)."""

    id: int
    rows: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)

    def has(self, key: str, hash_: str, value: str | None) -> bool:
        """Say whether it was about this very row: the same content, or the same value."""
        found = self.rows.get(key)
        return found is not None and (found[0] == hash_ or (value is not None and found[1] == value))


@dataclass(frozen=True)
class Past:
    """What was proposed before, by group and guardrail.

    Attributes:
        open: proposals that wait for an answer.
        approved: proposals whose rows may go out.
        declined: proposals of which the answer was no, or none, not long ago; the newest first.
        opened: groups whose first feed was approved, once and for all.
    """

    open: Mapping[tuple[str, str], Standing] = field(default_factory=dict)
    approved: Mapping[tuple[str, str], tuple[Standing, ...]] = field(default_factory=dict)
    declined: Mapping[tuple[str, str], tuple[Standing, ...]] = field(default_factory=dict)
    opened: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Holding:
    """Rows that are held for one reason.

    Attributes:
        records: their row numbers.
        proposal: id of the proposal that they belong to; None when `draft` is to be opened first.
        declined: whether that proposal was answered with a no.
    """

    group: str
    guardrail: str
    records: tuple[int, ...]
    proposal: int | None = None
    draft: Draft | None = None
    declined: bool = False


@dataclass(frozen=True)
class Judged:
    """What the guardrails say of a run's rows.

    Attributes:
        keep: for each row whether it may go out.
        holdings: the others, by reason.
        settled: ids of open proposals of which nothing is suspicious any more.
    """

    keep: pa.BooleanArray
    holdings: tuple[Holding, ...] = ()
    settled: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row that looks wrong by itself."""

    record: int
    key: str
    sku: str
    hash: str
    before: str | None
    value: str | None


def judge(
    rows: pa.Table,
    rules: StockGuardrail | PriceGuardrail,
    groups: Mapping[str, Group],
    past: Past | None = None,
    seen: Iterable[str] = (),
) -> Judged:
    """Judge the rows of a run.

    Args:
        rows: columns `record`, `key`, `group`, `sku`, `value`, `before`, `hash`, of stock `explained`, of prices `break`.
        rules: the settings.
        groups: what the shop knows of each list or book; one that is left out knows nothing.
        past: what was proposed before.
        seen: further keys that the run read, and found as the shop was told.
    """
    past = past or Past()
    closed = _closed(rows, rules, groups, past)
    first = pc.is_in(rows["group"], value_set=pa.array(sorted(closed), pa.string()))
    holdings = [_first_feed(rows, group, rules, past) for group in sorted(closed)]
    settled: list[int] = []
    read = set(rows["key"].to_pylist()) | set(seen) if past.open else set()
    found = _suspects(rows.filter(pc.invert(first)), rules)
    for group, guardrail in sorted(found.keys() | {each for each in past.open if each[1] != FIRST_FEED}):
        case = _Case(group, guardrail, rules, groups.get(group), past)
        holdings.extend(case.judge(found.get((group, guardrail), []), read))
        settled.extend(case.settled)
    held = pa.array(sorted({record for each in holdings for record in each.records}), pa.int64())
    keep = pc.invert(pc.is_in(rows["record"], value_set=held))
    return Judged(keep.combine_chunks() if isinstance(keep, pa.ChunkedArray) else keep, tuple(holdings), tuple(settled))


class _Case:
    """One guardrail over one list or book."""

    def __init__(
        self, group: str, guardrail: str, rules: StockGuardrail | PriceGuardrail, known: Group | None, past: Past
    ) -> None:
        at = (group, guardrail)
        self.group, self.guardrail, self.rules = group, guardrail, rules
        self.all = known.above_nought if known else 0
        self.open = past.open.get(at)
        self.approved, self.declined = past.approved.get(at, ()), past.declined.get(at, ())
        self.settled: list[int] = []

    def judge(self, suspects: list[Suspect], read: set[str]) -> Iterator[Holding]:
        """Give what is held of these suspects; `read` are the keys of all that the run read."""
        waiting = [each for each in suspects if not any(_same(past, each) for past in self.approved)]
        again = {each.key: past for each in waiting for past in self.declined[::-1] if _same(past, each)}
        yield from self._declined(waiting, again)
        asked = dict(self.open.rows) if self.open else {}
        left = {key: row for key, row in asked.items() if key not in read}
        new = [each for each in waiting if each.key not in again]
        if not self._too_many(len(left) + len(new)):
            new = [each for each in new if each.key in asked]  # an alarm that was raised is not lowered by fewer rows
        rows = left | {each.key: (each.hash, each.value) for each in new}
        numbers = tuple(each.record for each in new)
        if self.open is not None and {key: row[0] for key, row in rows.items()} == {
            key: row[0] for key, row in asked.items()
        }:
            if new:
                yield Holding(self.group, self.guardrail, numbers, self.open.id)
        elif rows:
            yield Holding(self.group, self.guardrail, numbers, draft=self._draft(new, left))
        elif self.open is not None:
            self.settled.append(self.open.id)

    def _declined(self, waiting: list[Suspect], again: Mapping[str, Standing]) -> Iterator[Holding]:
        by_proposal: dict[int, list[int]] = {}
        for each in waiting:
            if each.key in again:
                by_proposal.setdefault(again[each.key].id, []).append(each.record)
        for number, records in sorted(by_proposal.items()):
            yield Holding(self.group, self.guardrail, tuple(records), number, declined=True)

    def _too_many(self, count: int) -> bool:
        share, minimum = self._limits()
        return share is None or (count >= minimum and count > Decimal(str(share)) * self.all)

    def _limits(self) -> tuple[float | None, int]:
        if isinstance(self.rules, StockGuardrail):
            return self.rules.to_zero_share, self.rules.to_zero_min
        if self.guardrail == DELETION:
            return self.rules.deletion_share, self.rules.deletion_min
        return None, 0

    def _draft(self, new: list[Suspect], left: Mapping[str, tuple[str, str | None]]) -> Draft:
        share, minimum = self._limits()
        limit = share if share is not None or not isinstance(self.rules, PriceGuardrail) else self.rules.move_share
        count = len(new) + len(left)
        figures: dict[str, Any] = {"of": self.all, "limit": limit, "examples": _worst(new, self.guardrail)}
        if share is not None:
            figures |= {"share": round(count / self.all, 4) if self.all else 1.0, "minimum": minimum}
        else:
            figures |= _moves(new)
        if left:
            figures["not_read_again"] = len(left)
        columns = {
            "key": [*(each.key for each in new), *left],
            "before": [*(each.before for each in new), *(None for _ in left)],
            "after": [*(each.value for each in new), *(row[1] for row in left.values())],
            "hash": [*(each.hash for each in new), *(row[0] for row in left.values())],
        }
        rows = pa.table(columns, schema=ROWS)
        superseded = self.open.id if self.open else None
        return Draft(self.group, self.guardrail, figures | answering(self.rules), rows, count, superseded)


def _same(past: Standing, row: Suspect) -> bool:
    return past.has(row.key, row.hash, row.value)


def answering(rules: StockGuardrail | PriceGuardrail) -> dict[str, Any]:
    """Give of the settings what the question needs, so that it is asked as the run was told to."""
    return {"timeout_hours": rules.timeout_hours, "approvers": list(rules.approvers)}


def _closed(
    rows: pa.Table, rules: StockGuardrail | PriceGuardrail, groups: Mapping[str, Group], past: Past
) -> set[str]:
    """Give the groups of which nothing was ever told, and nobody said yet that it may be."""
    if not rules.first_feed:
        return set()
    present = pc.unique(rows["group"]).to_pylist()
    return {each for each in present if (each not in groups or not groups[each].told) and each not in past.opened}


def _first_feed(rows: pa.Table, group: str, rules: StockGuardrail | PriceGuardrail, past: Past) -> Holding:
    theirs = rows.filter(pc.equal(rows["group"], group))
    records = tuple(theirs["record"].to_pylist())
    at = (group, FIRST_FEED)
    if at in past.open:
        return Holding(group, FIRST_FEED, records, past.open[at].id)
    if past.declined.get(at):
        return Holding(group, FIRST_FEED, records, past.declined[at][0].id, declined=True)
    values = _numbers(theirs["value"])
    above = pc.sum(pc.greater(values, pa.scalar(Decimal(0), AMOUNT))).as_py() or 0
    largest = theirs.append_column("number", values).sort_by([("number", "descending"), ("key", "ascending")])
    figures = {"of": 0, "above_nought": above, "examples": _examples(largest.slice(0, EXAMPLES).to_pylist())}
    return Holding(
        group, FIRST_FEED, records, draft=Draft(group, FIRST_FEED, figures | answering(rules), None, len(records))
    )


def _suspects(rows: pa.Table, rules: StockGuardrail | PriceGuardrail) -> dict[tuple[str, str], list[Suspect]]:
    """Give the rows that look wrong by themselves, by group and guardrail."""
    before, after = _numbers(rows["before"]), _numbers(rows["value"])
    zero = pa.scalar(Decimal(0), AMOUNT)
    if isinstance(rules, StockGuardrail):
        falls = pc.and_(pc.greater(before, zero), pc.less_equal(after, zero))
        if "explained" in rows.column_names:
            explained = pc.fill_null(rows["explained"].cast(AMOUNT), zero)
            falls = pc.and_(falls, pc.less(explained, pc.subtract(before, after)))
        masks = {TO_ZERO: falls}
    else:
        gone = pc.and_(pc.is_valid(rows["before"]), pc.is_null(rows["value"]))
        moved = pc.abs(pc.subtract(after, before))
        allowed = pc.multiply(before.cast(pa.decimal128(21, 6)), pa.scalar(Decimal(str(rules.move_share)), SHARE))
        masks = {DELETION: gone, PRICE_MOVE: pc.greater(moved, allowed)}
    found: dict[tuple[str, str], list[Suspect]] = {}
    for guardrail, mask in masks.items():
        picked = rows.filter(pc.fill_null(mask, fill_value=False))
        columns = [picked[name].to_pylist() for name in ("record", "key", "sku", "hash", "before", "value")]
        for group, *values in zip(picked["group"].to_pylist(), *columns, strict=True):
            found.setdefault((group, guardrail), []).append(Suspect(*values))
    if isinstance(rules, PriceGuardrail) and "break" in rows.column_names:
        moved = {each.record for (_, guardrail), some in found.items() if guardrail == PRICE_MOVE for each in some}
        for group, suspect in _breaks(rows, rules):
            if suspect.record not in moved:
                found.setdefault((group, PRICE_MOVE), []).append(suspect)
    return found


def _breaks(rows: pa.Table, rules: PriceGuardrail) -> Iterator[tuple[str, Suspect]]:
    """Give prices of which a quantity break moves too far, by group; people are shown the break."""
    limit = Decimal(str(rules.move_share))
    for row in rows.filter(pc.is_valid(rows["break"])).to_pylist():
        units, before, after = row["break"].split(" ")
        if abs(Decimal(after) - Decimal(before)) > limit * Decimal(before):
            shown = (f"{each} from {units} on" for each in (before, after))
            yield row["group"], Suspect(row["record"], row["key"], row["sku"], row["hash"], *shown)


def _numbers(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give decimal texts as numbers; a text that is none is without a limit, a null stays null."""
    plain = pc.match_substring_regex(values, NUMBER)
    numbers = pc.if_else(plain, values, pa.scalar(None, pa.string())).cast(AMOUNT)
    return pc.if_else(pc.and_(pc.is_valid(values), pc.is_null(numbers)), UNLIMITED, numbers)


def _worst(suspects: list[Suspect], guardrail: str) -> list[dict[str, str | None]]:
    def harm(row: Suspect) -> Decimal:
        before = _decimal(row.before)
        if guardrail != PRICE_MOVE:
            return before
        return abs(_decimal(row.value) - before) / before if before > 0 else Decimal("Infinity")

    worst = sorted(suspects, key=lambda row: (-harm(row), row.sku))[:EXAMPLES]
    return _examples({"sku": row.sku, "before": row.before, "value": row.value} for row in worst)


def _examples(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str | None]]:
    return [{"sku": row["sku"], "before": row["before"], "after": row["value"]} for row in rows]


def _moves(suspects: list[Suspect]) -> dict[str, int]:
    up = sum(_decimal(row.value) > _decimal(row.before) for row in suspects)
    return {"up": up, "down": len(suspects) - up}


def _decimal(text: str | None) -> Decimal:
    """Give the number that a text is or begins with: what is shown of a break says from how many units on it holds."""
    try:
        return Decimal((text or "0").split(" ")[0])
    except ArithmeticError:
        return Decimal(UNLIMITED.as_py())
