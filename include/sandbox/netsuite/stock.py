"""Stock: what lies on the shelves of each location, what orders pending fulfilment commit, what fulfilments take.

Orders pending approval, and lines without a location, commit nothing. Kits have no stock of their own: their
members are committed. What is available is what is on hand less what is committed; the moment of its last
change is stamped when a transaction leaves it different, so that shipping what was committed stamps nothing.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox.netsuite.store import Record, Store, moment, sql_value, utc_now

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

COMMITTED = "~committed"
"""Hidden property of an order: [item, location, committed, back-ordered, line, units in one] that it holds."""

STOCKED = ("inventoryItem", "assemblyItem")
"""Record types that are counted."""

LEVELS = ("quantityAvailable", "quantityOnHand", "quantityCommitted", "quantityOnOrder", "quantityBackOrdered",
          "quantityInTransit", "preferredStockLevel", "safetyStockLevel", "reorderPoint", "leadTime")  # fmt: skip
"""What an item's sublist of locations shows, as REST calls it; SuiteQL has the same names in lower case."""


class Need(NamedTuple):
    """A quantity of an item that a line takes from a location; `each` is what one unit of the line takes."""

    item: str
    location: str
    quantity: Decimal
    line: int
    each: Decimal


class Shelves:
    """Counts items by location.

    Args:
        store: where the counts lie; the moment of the last change is stamped when its transactions end.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        store.query("CREATE TEMP TABLE moved (item INTEGER, location INTEGER, available, PRIMARY KEY (item, location))")
        store.before_commit.append(self._stamp)

    def available(self, item: int, location: int) -> Decimal:
        """Give what can be promised of an item at a location."""
        sql = "SELECT quantityavailable FROM aggregateitemlocation WHERE item = ? AND location = ?"
        rows = self._store.query(sql, item, location)
        return Decimal(str(rows[0][0] or 0)) if rows else Decimal(0)

    def on_hand(self, item: int, location: int) -> Decimal:
        """Give what lies on the shelf of a location."""
        sql = "SELECT quantityonhand FROM aggregateitemlocation WHERE item = ? AND location = ?"
        rows = self._store.query(sql, item, location)
        return Decimal(str(rows[0][0] or 0)) if rows else Decimal(0)

    def move(self, item: int, location: int, **by: Decimal) -> None:
        """Change what is on hand, committed, back-ordered or on order."""
        onhand, committed, backordered, onorder = (
            sql_value(Decimal(by.pop(name, 0))) for name in ("onhand", "committed", "backordered", "onorder")
        )
        assert not by, f"unknown quantities {', '.join(by)}"
        self._remember(item, location)
        self._store.query(
            "INSERT INTO aggregateitemlocation (item, location, quantityavailable, quantityonhand, quantitycommitted, "
            "quantityonorder, quantitybackordered) VALUES (?1, ?2, ?3 - ?4, ?3, ?4, ?6, ?5) "
            "ON CONFLICT(item, location) DO UPDATE SET quantityonhand = COALESCE(quantityonhand, 0) + ?3, "
            "quantitycommitted = COALESCE(quantitycommitted, 0) + ?4, "
            "quantitybackordered = COALESCE(quantitybackordered, 0) + ?5, "
            "quantityonorder = COALESCE(quantityonorder, 0) + ?6, "
            "quantityavailable = COALESCE(quantityavailable, 0) + ?3 - ?4",
            item, location, onhand, committed, backordered, onorder,
        )  # fmt: skip

    def open(self, item: int, location: int) -> None:
        """Let an item have a row at a location where it was never counted: all its quantities are null."""
        self._store.query("INSERT OR IGNORE INTO aggregateitemlocation (item, location) VALUES (?, ?)", item, location)

    def configure(self, item: int, location: int, levels: dict[str, Any]) -> None:
        """Set an item's own levels at a location: `preferredstocklevel`, `safetystocklevel` and so on."""
        self.open(item, location)
        for name, value in levels.items():
            sql = f'UPDATE aggregateitemlocation SET "{name}" = ? WHERE item = ? AND location = ?'  # noqa: S608
            self._store.query(sql, sql_value(value), item, location)

    def forget(self, item: int) -> None:
        """Take an item off all shelves."""
        self._store.query("DELETE FROM aggregateitemlocation WHERE item = ?", item)

    def levels(self, item: int) -> list[dict[str, Any]]:
        """Give an item's levels by location, as REST shows them; nulls are left out."""
        names = ", ".join(name.lower() for name in LEVELS)
        rows = self._store.query(
            f"SELECT location, l.name, {names} FROM aggregateitemlocation JOIN location l ON l.id = location "  # noqa: S608
            "WHERE item = ? ORDER BY location",
            item,
        )
        return [
            {"location": {"id": str(id_), "refName": name}, "locationId": id_, "location_display": name}
            | {name: value for name, value in zip(LEVELS, values, strict=True) if value is not None}
            for id_, name, *values in rows
        ]

    def _remember(self, item: int, location: int) -> None:
        self._store.query(
            "INSERT OR IGNORE INTO moved VALUES (?1, ?2, (SELECT quantityavailable FROM aggregateitemlocation "
            "WHERE item = ?1 AND location = ?2))",
            item, location,
        )  # fmt: skip

    def _stamp(self) -> None:
        if not self._store.query("SELECT 1 FROM moved LIMIT 1"):
            return
        self._store.query(
            "UPDATE aggregateitemlocation AS a SET lastquantityavailablechange = ? FROM moved AS m "
            "WHERE a.item = m.item AND a.location = m.location AND a.quantityavailable IS NOT m.available",
            moment(utc_now()),
        )
        self._store.query("DELETE FROM moved")


def needs(
    account: Account, line: dict[str, Any], item: Record, location: dict[str, Any] | None, quantity: Decimal
) -> list[Need]:
    """Say which items a quantity of a line takes from which location; a kit takes its members."""
    where = line.get("location") or location
    if where is None or quantity <= 0:
        return []
    place, number = str(where["id"]), int(line.get("line", 0))
    if item.type in STOCKED:
        return [Need(str(item.id), place, quantity, number, Decimal(1))]
    if item.type != "kitItem":
        return []
    wanted = []
    for member in item.body.get("member", []):
        part, each = account.known_item(member["item"]), Decimal(member["quantity"])
        if part is not None and part.type in STOCKED:
            wanted.append(Need(str(part.id), place, quantity * each, number, each))
    return wanted


def recommit(account: Account, order: Record, wanted: list[Need]) -> None:
    """Let go of what an order holds and take what it needs now, as far as there is stock."""
    shelves = account.shelves
    for item, location, committed, backordered, *_ in order.body.pop(COMMITTED, []):
        shelves.move(int(item), int(location), committed=-Decimal(committed), backordered=-Decimal(backordered))
    held = []
    for need in wanted:
        item, location = int(need.item), int(need.location)
        committed = max(Decimal(0), min(need.quantity, shelves.available(item, location)))
        short = need.quantity - committed
        shelves.move(item, location, committed=committed, backordered=short)
        held.append([need.item, need.location, committed, short, need.line, need.each])
    if held:
        order.body[COMMITTED] = held


def show_commitments(order: dict[str, Any]) -> None:
    """Write on each line of an order what of it is committed and back-ordered; of a kit, whole kits."""
    for line in order["item"]:
        held = [each for each in order.get(COMMITTED, []) if each[4] == line["line"]]
        units = [(Decimal(committed) // Decimal(each), Decimal(committed), Decimal(short), Decimal(each))
                 for _, _, committed, short, _, each in held]  # fmt: skip
        line["quantityCommitted"] = min(
            (whole if each != 1 else got for whole, got, _, each in units), default=Decimal(0)
        )
        wanted = max(((got + short) / each for _, got, short, each in units), default=Decimal(0))
        line["quantityBackOrdered"] = wanted - line["quantityCommitted"]


def waiting(account: Account, item: int, location: int) -> list[Record]:
    """Give the orders that wait for an item at a location, the oldest first."""
    rows = account.store.query(
        'SELECT DISTINCT l."transaction" FROM transactionline l JOIN "transaction" t ON t.id = l."transaction" '
        "WHERE t.type = 'SalesOrd' AND l.quantitybackordered > 0 AND l.location = ? ORDER BY 1",
        location,
    )
    orders = [account.find("salesOrder", str(id_)) for (id_,) in rows]
    return [
        order for order in orders
        if any(held[:2] == [str(item), str(location)] and Decimal(held[3]) > 0 for held in order.body.get(COMMITTED, []))
    ]  # fmt: skip


def ship(account: Account, item: str, location: str, quantity: Decimal) -> None:
    """Take a quantity off the shelf; a negative one puts it back."""
    account.shelves.move(int(item), int(location), onhand=-quantity)
