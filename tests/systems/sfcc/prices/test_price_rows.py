from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.ledger.told import VALUES
from cartage.mapping.canonical import number
from cartage.records import price
from cartage.records.batch import Batch
from cartage.records.outcome import Outcome
from cartage.seams import Told
from cartage.systems.sfcc.prices import transform
from cartage.systems.sfcc.prices.transform import to_feeds

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from cartage.records.outcome import Verdict

Row = dict[str, Any]
Tiers = tuple[tuple[int | Decimal, str | Decimal], ...]


@dataclass
class Memory:
    """What the shop was last told: hash and value by key."""

    told_before: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    asked: list[int | None] = field(default_factory=list)

    def told(self, keys: Sequence[str] | None = None) -> Told:
        self.asked.append(None if keys is None else len(keys))
        wanted = self.told_before if keys is None else [key for key in keys if key in self.told_before]
        rows = [dict(zip(("key", "hash", "value"), (key, *self.told_before[key]), strict=True)) for key in wanted]
        return Told(pa.Table.from_pylist(rows, schema=VALUES))

    def booked(self, lists: Sequence[str], since: datetime) -> pa.Table:
        raise NotImplementedError

    def read_until(self) -> datetime | None:
        raise NotImplementedError

    def asked_until(self) -> datetime | None:
        raise NotImplementedError


def row(sku: str, tiers: Tiers = ((1, "19.90"),), **values: Any) -> Row:
    return {
        "key": f"eur-list/{sku}", "version": "2026-11-22T00:15:00.250000Z", "book_id": "eur-list", "sku": sku,
        "item_id": "7", "state": "active", "currency": "EUR", "online_from": None, "online_to": None,
        "source": "level", "tiers": tiers,
    } | values  # fmt: skip


def fed(
    rows: Sequence[Row], memory: Memory | None = None, size: int = 1000, **options: Any
) -> tuple[list[Row], list[Verdict]]:
    """Turn prices into feed rows, their tiers with them, in batches of a size."""
    numbered = [{"price": number, **row} for number, row in enumerate(rows)]
    batches = []
    for start in range(0, len(numbered), size):
        some = numbered[start : start + size]
        tiers = [
            {"price": each["price"], "quantity": Decimal(q), "amount": Decimal(a)}
            for each in some
            for q, a in each["tiers"]
        ]
        own = [{name: value for name, value in each.items() if name != "tiers"} for each in some]
        tables = {
            "prices": pa.Table.from_pylist(own, schema=price.PRICES),
            "tiers": pa.Table.from_pylist(tiers, schema=price.TIERS),
        }
        batches.append(Batch("price", tables))
    found: list[Row] = []
    verdicts: list[Verdict] = []
    for each in to_feeds(batches, memory or Memory(), **options):
        below = each.documents.tables["tiers"].to_pylist()
        for made in each.documents.root.to_pylist():
            own_tiers = [(t["quantity"], t["amount"]) for t in below if t["record"] == made["record"]]
            found.append(made | {"tiers": own_tiers})
        verdicts += each.verdicts
    return found, verdicts


def test_a_price_becomes_a_row_with_its_tiers_and_the_price_of_one() -> None:
    ((made,), verdicts) = fed([row("A", ((10, "17.5"), (1, "19.90")), online_from=datetime(2026, 11, 27, tzinfo=UTC))])
    assert not verdicts
    assert (made["group"], made["action"], made["value"], made["told"], made["before"]) == (
        "eur-list",
        "put",
        "19.9",
        None,
        None,
    )
    assert made["tiers"] == [(Decimal(1), Decimal("19.9")), (Decimal(10), Decimal("17.5"))]
    assert made["as_of"] == datetime(2026, 11, 22, 0, 15, 0, 250_000, tzinfo=UTC)


def test_the_break_that_moves_the_most_is_shown_to_the_guardrail() -> None:
    long = tuple((quantity, "5") for quantity in range(1, 40))
    before = {"A": ((1, "89"), (10, "80")), "B": ((1, "89"),), "C": ((1, "89"), (10, "80")), "D": ((1, "9"), (10, "8")),
              "E": long, "F": ((1, "9"), (5, "8"))}  # fmt: skip
    now = {"A": ((1, "89"), (10, "8")), "B": ((1, "89"), (5, "0.8")), "C": ((1, "89"),), "D": ((1, "90"), (10, "80")),
           "E": ((1, "5"), (9, "1")), "F": ((1, "9"), (5, "8"))}  # fmt: skip
    first, _ = fed([row(sku, tiers) for sku, tiers in before.items()])
    memory = Memory({each["key"]: (each["hash"], each["value"]) for each in first})
    made, _ = fed([row(sku, tiers) for sku, tiers in now.items()], memory)
    assert {each["sku"]: each["break"] for each in made} == {
        "A": "10 80 8", "B": "5 89 0.8", "C": "10 80 89", "D": None, "E": None, "F": None,
    }  # fmt: skip
    assert {each["break"] for each in first} == {None}


def test_what_is_gone_is_deleted_whatever_it_cost() -> None:
    ((made,), _) = fed([row("A", state="gone")])
    assert (made["action"], made["value"], made["tiers"]) == ("delete", None, [])


def test_a_price_that_begins_at_another_time_takes_the_old_one_away() -> None:
    friday, monday = datetime(2026, 11, 27, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC)
    tiers = tuple((quantity, "5") for quantity in range(1, 40))  # its content is hashed
    before, _ = fed([row("A"), row("B", online_from=friday), row("C", tiers, online_from=friday), row("D", online_from=friday),
                     row("E", online_from=friday), row("F", state="gone")])  # fmt: skip
    memory = Memory({each["key"]: (each["hash"], each["value"]) for each in before} | {"eur-list/E": (None, "19.9")})
    now, _ = fed([row("A", ((1, "5"),)), row("B", online_from=monday), row("C", tiers, online_from=monday), row("D"),
                  row("E", online_from=friday), row("F", online_from=friday), row("G", online_from=friday)], memory)  # fmt: skip
    assert [each["action"] for each in now] == ["put", "replace", "replace", "replace", "replace", "put", "put"]


def test_rows_bring_along_what_was_told() -> None:
    ((before,), _) = fed([row("A")])
    memory = Memory({"eur-list/A": (before["hash"], "19.9"), "eur-list/C": (None, "5")})
    made, _ = fed([row("B"), row("A"), row("C")], memory, size=2)
    assert [(each["told"] == each["hash"], each["before"]) for each in made] == [
        (False, None),
        (True, "19.9"),
        (False, "5"),
    ]
    assert memory.asked == [3]


def test_many_prices_are_looked_up_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transform, "PORTION", 3)
    rows = [row(f"S{number}") for number in range(8)]
    memory = Memory({f"eur-list/S{number}": ("old", str(number)) for number in range(8)})
    made, _ = fed(rows, memory, size=2)
    assert [each["before"] for each in made] == [str(number) for number in range(8)]
    assert memory.asked == [4, 4]


def test_what_the_shop_would_ignore_is_quarantined() -> None:
    rows = [row("A"), row("B", ((2, "5"),)), row("C", ((1, "0"),)), row("D", ((1, "5"), (5, "-1"))), row("E", ()),
            row("F", state="gone", tiers=())]  # fmt: skip
    made, verdicts = fed(rows)
    assert [each["sku"] for each in made] == ["A", "F"]
    assert [(each.row, each.outcome, [said.code for said in each.complaints]) for each in verdicts] == [
        (1, Outcome.QUARANTINED, ["no_base_price"]),
        (2, Outcome.QUARANTINED, ["price_not_positive"]),
        (3, Outcome.QUARANTINED, ["price_not_positive"]),
        (4, Outcome.QUARANTINED, ["no_base_price"]),
    ]
    free, verdicts = fed(rows[2:4], allow_zero=True)
    assert [each["value"] for each in free] == ["0"]
    assert [each.row for each in verdicts] == [1]


AMOUNTS = st.decimals("0.000001", "99999999.999999", places=6)
PRICES = st.tuples(
    st.lists(st.tuples(st.integers(2, 999), AMOUNTS), max_size=30, unique_by=lambda each: each[0]),
    AMOUNTS,
    st.none() | st.datetimes(datetime(2020, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given beside it
    st.sampled_from(["EUR", "USD"]),
)


@given(first=PRICES, second=PRICES, same=st.booleans())
@settings(max_examples=40)
def test_two_prices_have_the_same_hash_just_when_they_say_the_same(first: Any, second: Any, *, same: bool) -> None:
    def of(said: Any) -> Row:
        more, one, since, currency = said
        return row("A", (*more, (1, one)), online_from=since, currency=currency)

    def content(said: Any) -> Any:
        more, one, since, currency = said
        return sorted(more), one, since and since.replace(microsecond=since.microsecond // 1000 * 1000), currency

    second = (second[0][::-1], *second[1:]) if not same else (first[0][::-1], *first[1:])
    ((a, b), _) = fed([of(first), of(second)])
    assert (a["hash"] == b["hash"]) == (content(first) == content(second))
    assert a["value"] == number(first[1])
    assert len(a["hash"]) <= 100
