"""Compares in a dry run: what NetSuite has, beside what Cartage would send.

Of an order that an earlier connector wrote, all that decides whether the two agree: totals, day, customer,
and quantity and amount of each item. Lines are added up by item, since two connectors cut them differently.
Of a later version, the values that would change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cartage.seams import Compared
from cartage.systems.netsuite.writing_lines import LINE_ID, LINES, TAXES, plain, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cartage.systems.netsuite.reading import Reader
    from cartage.systems.netsuite.suiteql import Row
    from cartage.systems.netsuite.target_documents import Document

SKU = "custcol_ctg_sku"
CENT = Decimal("0.01")
NEW_CUSTOMER = "a new one"
_PATH = re.compile(r"(?P<sublist>\w+)\[(?P<key>.*)\](?:\.(?P<rest>.+))?")


@dataclass
class Sums:
    """What an order comes to, in its currency."""

    total: Decimal | None = None
    tax: Decimal | None = None
    shipping: Decimal | None = None
    day: str | None = None
    customer: str | None = None
    lines: int = 0
    quantities: dict[str, Decimal] = field(default_factory=dict)
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def add_line(self, item: str, quantity: Decimal, amount: Decimal) -> None:
        """Add a line to the sums of its item, known by internal id."""
        self.lines += 1
        self.quantities[item] = self.quantities.get(item, Decimal(0)) + quantity
        self.amounts[item] = self.amounts.get(item, Decimal(0)) + amount


def adopted(
    reader: Reader, found: Mapping[str, Sequence[Document]], customers: Mapping[str, str]
) -> dict[str, tuple[Compared, ...]]:
    """Compare orders that something else wrote with what would have been sent, in three bulk look-ups.

    Args:
        reader: bulk look-ups.
        found: by the internal id of a sales order, the documents that it stands for: several, when we would
            have written an order for each shipment.
        customers: internal id of the customer that was chosen, by lower-cased external id.

    Returns:
        The values by internal id, equal or not.
    """
    there, names = _there(reader, found)
    return {id_: _beside(there[id_], _wanted(documents, customers, names), names) for id_, documents in found.items()}


def _there(reader: Reader, ids: Iterable[str]) -> tuple[dict[str, Sums], dict[str, str]]:
    """Give what NetSuite has, by internal id, and the names of the items on it."""
    wanted = list(ids)
    sums = {id_: Sums() for id_ in wanted}
    names: dict[str, str] = {}
    for id_, totals in reader.totals(wanted).items():
        sums[id_].total, sums[id_].tax, sums[id_].shipping = totals.total, totals.tax, totals.shipping
    for head in reader.rows("order_heads", wanted):
        sums[str(head["id"])].day, sums[str(head["id"])].customer = head.get("day"), head.get("entity")
    for line in reader.rows("order_lines", wanted):
        item = str(line.get("item"))
        names.setdefault(item, line.get("sku") or item)
        sums[str(line["id"])].add_line(item, _decimal(line, "quantity"), _decimal(line, "amount"))
    return sums, names


def _wanted(documents: Sequence[Document], customers: Mapping[str, str], names: dict[str, str]) -> Sums:
    """Add up what would have been sent; learns the names of items that NetSuite's order does not have."""
    sums = Sums()
    for document in documents:
        body, expected = document.body, document.expected
        if expected is not None:
            sums.total = _sum(sums.total, expected.total)
            sums.tax = _sum(sums.tax, expected.tax)
            sums.shipping = _sum(sums.shipping, expected.shipping)
        sums.day = body.get("tranDate") or sums.day
        sums.customer = _customer(body.get("entity"), customers)
        for line in rows(body, LINES):
            item = plain(line.get("item"))
            names.setdefault(item, str(line.get(SKU) or item))
            sums.add_line(item, Decimal(line.get("quantity") or 0), Decimal(line.get("amount") or 0))
    return sums


def _beside(there: Sums, sent: Sums, names: Mapping[str, str]) -> tuple[Compared, ...]:
    found = [
        Compared(name, _money(getattr(there, name)), _money(getattr(sent, name)), amount=True)
        for name in ("total", "tax", "shipping")
    ]
    found += [
        Compared("date", there.day, sent.day),
        Compared("customer id", there.customer, sent.customer),
        Compared("lines", str(there.lines), str(sent.lines)),
    ]
    for item in sorted({*there.amounts, *sent.amounts}, key=lambda each: names.get(each, each)):
        name = names.get(item, item)
        quantity = [_number(each.quantities.get(item)) for each in (there, sent)]
        amount = [_money(each.amounts.get(item)) for each in (there, sent)]
        found.append(Compared(f"{name}: quantity", quantity[0], quantity[1]))
        found.append(Compared(f"{name}: amount", amount[0], amount[1], amount=True))
    return tuple(found)


def changed(changes: Iterable[str], body: Mapping[str, Any], record: Mapping[str, Any]) -> tuple[Compared, ...]:
    """Give the values of a later version that differ from what NetSuite has.

    Args:
        changes: paths as `writing_lines.difference` names them.
        body: what would be sent.
        record: the order with its sub-resources.
    """
    return tuple(Compared(path, _value(record, path), _value(body, path)) for path in changes)


def _value(body: Mapping[str, Any], path: str) -> str | None:
    match = _PATH.fullmatch(path)
    if match is None:
        return _text(_at(body, path))
    if match["sublist"] == TAXES:
        amounts = [each.get("taxAmount") for each in rows(body, TAXES) if _reference(each) == match["key"]]
        return " + ".join(map(plain, amounts)) or None
    line = next((each for each in rows(body, match["sublist"]) if plain(each.get(LINE_ID)) == match["key"]), None)
    if line is None:
        return None
    if match["rest"] is None:
        sku = line.get(SKU) or plain(line.get("item"))
        return f"{plain(line.get('quantity'))} of {sku} for {plain(line.get('amount'))}"
    return _text(_at(line, match["rest"]))


def _at(body: Any, path: str) -> Any:
    for name in path.split("."):
        body = body.get(name) if hasattr(body, "get") else None
    return body


def _reference(row: Mapping[str, Any]) -> str:
    return plain(row.get("taxDetailsReference"))


def _text(value: Any) -> str | None:
    return plain(value) or None


def _customer(entity: Any, customers: Mapping[str, str]) -> str | None:
    """Give the internal id of an order's customer; a reference to a customer that is not there is a new one."""
    if not isinstance(entity, dict):
        return None
    reference = entity.get("$document")
    return plain(entity) if reference is None else customers.get(str(reference).lower(), NEW_CUSTOMER)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one + (other or Decimal(0))


def _decimal(row: Row, name: str) -> Decimal:
    return Decimal(row.get(name) or 0)


def _money(value: Decimal | None) -> str | None:
    """Write an amount with at least two places, so that equal ones are equal texts."""
    if value is None:
        return None
    return f"{value.quantize(CENT) if value == value.quantize(CENT) else value.normalize():f}"


def _number(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)
