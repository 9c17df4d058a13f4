"""Item fulfilments: made from sales orders, they take stock and carry tracking numbers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import stock
from sandbox.netsuite.answers import invalid, user_error
from sandbox.netsuite.records import transactions as common
from sandbox.netsuite.records.sale_rows import member_line, members
from sandbox.netsuite.records.sales import in_fulfilments, refresh_order
from sandbox.netsuite.store import ITEM_TYPES, moment

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account
    from sandbox.netsuite.store import Record

_STATUSES = {"A": "Picked", "B": "Packed", "C": "Shipped"}
_DATES = {"A": ("pickedDate",), "B": ("pickedDate", "packedDate"), "C": ("pickedDate", "packedDate", "shippedDate")}
_TAKEN = "~taken"
"""Hidden property: [item, location, quantity] that this fulfilment took off the shelf."""

_COST_LINES = 100_000
"""The line of the cost of goods sold that belongs to a line has its number and this much more."""


class FulfilmentRules:
    """A fulfilment ships lines of one order, no more than is open, from locations that are known."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Check the lines, take the stock when shipped, and bring the order up to date."""
        body = record.body
        order = account.pointed("salesOrder", body.get("createdFrom"))
        if order is None:
            raise user_error("An item fulfillment is made by transforming a sales order.", path="createdFrom")
        customer = account.pointed("customer", body["entity"])
        if customer is None:
            raise user_error("Please enter value(s) for: Customer", path="entity")
        body["currency"] = order.body["currency"]
        common.check_header(account, record, customer, old or {"tranDate": None})
        self._status(body)
        if old is None or "item" in sent:
            self._check_lines(account, record, order)
        self._take(account, record, order)
        # The order counts what its followers hold, so this one must be stored before the order looks.
        account.store.put(record)
        self.lay_out(account, record)
        refresh_order(account, order)

    def _status(self, body: dict[str, Any]) -> None:
        """Picked, packed, shipped: each leaves its date."""
        chosen = body.setdefault("shipStatus", {"id": "C", "refName": "Shipped"})
        chosen["refName"] = _STATUSES[chosen["id"]]
        body["status"] = dict(chosen)
        for name in _DATES["C"]:
            if name in _DATES[chosen["id"]]:
                body.setdefault(name, dt.datetime.now(dt.UTC).date().isoformat())
            else:
                body.pop(name, None)

    def _check_lines(self, account: Account, record: Record, order: Record) -> None:
        ordered_lines = {line["line"]: line for line in order.body["item"]}
        elsewhere = in_fulfilments(account, order, besides=record.id)
        copied = account.customization.of("itemFulfillment-itemElement")
        for position, line in enumerate(record.body["item"]):
            place = f"item.items[{position}]"
            ordered = ordered_lines.get(line.get("orderLine"))
            if ordered is None:
                raise invalid(f"{place}.orderLine", f"The sales order has no line {line.get('orderLine')}.")
            left = Decimal(ordered["quantity"]) - elsewhere.get(ordered["line"], Decimal(0))
            line["quantity"] = Decimal(line.get("quantity", left))
            if not 0 < line["quantity"] <= left:
                raise invalid(f"{place}.quantity", f"Order line {ordered['line']} has {left} left to fulfill.")
            where = line.get("location") or ordered.get("location") or order.body.get("location")
            if where is None and ordered["itemType"]["id"] in ("InvtPart", "Assembly", "Kit"):
                raise user_error("Please enter value(s) for: Location", path=f"{place}.location")
            line.update({"item": ordered["item"], "itemType": ordered["itemType"]["id"], "itemReceive": True})
            line.update({name: ordered[name] for name in copied if name in ordered and name not in line})
            if where is not None:
                line["location"] = where

    def _take(self, account: Account, record: Record, order: Record) -> None:
        body = record.body
        for item, location, quantity in body.pop(_TAKEN, []):
            stock.ship(account, item, location, -Decimal(quantity))
        if body["shipStatus"]["id"] != "C":
            return
        taken = []
        for line in body["item"]:
            wanted = stock.needs(
                account, line, account.item(line["item"]), order.body.get("location"), line["quantity"]
            )
            for need in wanted:
                stock.ship(account, need.item, need.location, need.quantity)
                taken.append([need.item, need.location, need.quantity])
        body[_TAKEN] = taken

    def lay_out(self, account: Account, record: Record) -> None:
        """Rows of transaction, lines, links to the order's lines, and tracking numbers."""
        body, store = record.body, account.store
        store.lay(
            "transaction", record.id, [common.header_row(record, shipcarrier=(body.get("shipCarrier") or {}).get("id"))]
        )
        rows = [common.main_line(record, None, createdfrom=body["createdFrom"])]
        for line in body["item"]:
            rows += self._rows(account, record, line)
        store.lay("transactionline", record.id, [row | {"linesequencenumber": at} for at, row in enumerate(rows)])
        order = account.find("salesOrder", str(body["createdFrom"]["id"]))
        store.lay("previoustransactionlinelink", record.id, [
            common.link(order, record, "ShipRcpt", lines=(line["orderLine"], line["line"])) for line in body["item"]
        ])  # fmt: skip
        self._tracking(account, record)

    def _rows(self, account: Account, record: Record, line: dict[str, Any]) -> list[dict[str, Any]]:
        """Give a line's row and its kit's members'; once shipped, what is counted has one more for its cost."""
        body = record.body
        custom = {name: value for name, value in line.items() if name.startswith("custcol_")}
        row = {
            "transaction": record.id, "subsidiary": body["subsidiary"], "entity": body["entity"], "mainline": False,
            "taxline": False, "iscogs": False, "createdfrom": body["createdFrom"], "isclosed": False, "id": line["line"],
            "item": line["item"], "itemtype": line["itemType"], "quantity": line["quantity"],
            "location": line.get("location"), "actualshipdate": moment(body.get("shippedDate")),
            "linelastmodifieddate": moment(record.modified),
        }  # fmt: skip
        parts = [
            row | {"id": member_line(line["line"], at), "kitmemberof": line["line"], "item": part.id,
                   "itemtype": ITEM_TYPES[part.type], "quantity": each * line["quantity"]}
            for at, (part, each) in enumerate(members(account, line), start=1)
        ]  # fmt: skip
        shipped = body["shipStatus"]["id"] == "C"
        costs = [
            each | {"id": _COST_LINES + each["id"], "iscogs": True, "quantity": -each["quantity"]}
            for each in (row, *parts) if shipped and each["itemtype"] in ("InvtPart", "Assembly")
        ]  # fmt: skip
        return [row | custom, *parts, *costs]

    def _tracking(self, account: Account, record: Record) -> None:
        store = account.store
        for (number,) in store.query('SELECT trackingnumber FROM trackingnumbermap WHERE "transaction" = ?', record.id):
            store.query("DELETE FROM trackingnumber WHERE id = ?", number)
        rows = []
        for package in record.body.get("package", []):
            if package.get("packageTrackingNumber"):
                id_ = store.next("trackingnumber")
                store.lay("trackingnumber", id_, [{"id": id_, "trackingnumber": package["packageTrackingNumber"]}])
                rows.append({"transaction": record.id, "trackingnumber": id_})
        store.lay("trackingnumbermap", record.id, rows)

    def delete(self, account: Account, record: Record) -> None:
        """What it took goes back on the shelf, and the order is open again."""
        for item, location, quantity in record.body.get(_TAKEN, []):
            stock.ship(account, item, location, -Decimal(quantity))
        order = account.find("salesOrder", str(record.body["createdFrom"]["id"]))
        common.remove_rows(account, record)
        refresh_order(account, order)
