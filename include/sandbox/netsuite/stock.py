"""Stock: what orders pending fulfilment commit, and what fulfilments take away.

Orders pending approval, and lines without a location, commit nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.store import Record, moment, utc_now

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

COMMITTED = "~committed"
"""Hidden property of an order: [item, location, committed, back-ordered] that it holds."""

Need = tuple[str, str, Decimal]


def needs(
    account: Account, line: dict[str, Any], item: Record, location: dict[str, Any] | None, quantity: Decimal
) -> list[Need]:
    """Say which items a quantity of a line takes from which location; a kit takes its members."""
    where = line.get("location") or location
    if where is None or quantity <= 0:
        return []
    if item.type == "inventoryItem":
        return [(str(item.id), str(where["id"]), quantity)]
    if item.type != "kitItem":
        return []
    wanted = []
    for member in item.body.get("member", []):
        part = account.item(member["item"])
        if part.type == "inventoryItem":
            wanted.append((str(part.id), str(where["id"]), quantity * Decimal(member["quantity"])))
    return wanted


def recommit(account: Account, order: Record, wanted: list[Need]) -> None:
    """Let go of what an order holds and take what it needs now, as far as there is stock."""
    for item, location, committed, backordered in order.body.pop(COMMITTED, []):
        _move(account, item, location, committed=-Decimal(committed), backordered=-Decimal(backordered))
    held = []
    for item, location, quantity in wanted:
        available = _available(account, item, location)
        committed = max(Decimal(0), min(quantity, available))
        _move(account, item, location, committed=committed, backordered=quantity - committed)
        held.append([item, location, committed, quantity - committed])
    if held:
        order.body[COMMITTED] = held


def ship(account: Account, item: str, location: str, quantity: Decimal) -> None:
    """Take a quantity off the shelf; a negative one puts it back."""
    _move(account, item, location, onhand=-quantity)


def set_level(account: Account, item: int, location: str, onhand: Decimal) -> None:
    """Put an item on a location's shelf when the account is set up."""
    account.store.query(
        "INSERT INTO aggregateitemlocation (item, location, quantityavailable, quantityonhand, quantitycommitted, "
        "quantityonorder, quantitybackordered, lastquantityavailablechange) VALUES (?, ?, ?, ?, 0, 0, 0, ?)",
        item, int(location), float(onhand), float(onhand), moment(utc_now()),
    )  # fmt: skip


def _available(account: Account, item: str, location: str) -> Decimal:
    rows = account.store.query(
        "SELECT quantityavailable FROM aggregateitemlocation WHERE item = ? AND location = ?", int(item), int(location)
    )
    return Decimal(str(rows[0][0])) if rows else Decimal(0)


def _move(account: Account, item: str, location: str, **by: Decimal) -> None:
    onhand, committed, backordered = (float(by.get(name, 0)) for name in ("onhand", "committed", "backordered"))
    account.store.query(
        "INSERT INTO aggregateitemlocation (item, location, quantityavailable, quantityonhand, quantitycommitted, "
        "quantityonorder, quantitybackordered, lastquantityavailablechange) VALUES (?, ?, ?, ?, ?, 0, ?, ?) "
        "ON CONFLICT(item, location) DO UPDATE SET quantityonhand = quantityonhand + excluded.quantityonhand, "
        "quantitycommitted = quantitycommitted + excluded.quantitycommitted, "
        "quantitybackordered = quantitybackordered + excluded.quantitybackordered, "
        "quantityavailable = quantityavailable + excluded.quantityavailable, "
        "lastquantityavailablechange = excluded.lastquantityavailablechange",
        int(item), int(location), onhand - committed, onhand, committed, backordered, moment(utc_now()),
    )  # fmt: skip
