"""A sale's lines and taxes as rows of SuiteQL.

On a sale the amounts and quantities of lines are negative, those of the main line positive. A kit's members are
lines of their own: without an amount, `kitmemberof` names the kit's line.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import stock
from sandbox.netsuite.records import transactions as common
from sandbox.netsuite.store import ITEM_TYPES, Record, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.netsuite.account import Account

Line = dict[str, Any]

MEMBER_LINES = 10_000
"""A member's line has a number above this: a hundred for each line of the order."""

_SIGN = {"salesOrder": -1, "invoice": -1, "cashSale": -1, "returnAuthorization": 1}


def line_rows(account: Account, record: Record) -> list[Line]:
    """Give the rows of a sale: main line, items with a kit's members, shipping, handling, discount, tax."""
    body, sign = record.body, _SIGN[record.type]
    base = {"transaction": record.id, "subsidiary": body["subsidiary"], "entity": body["entity"], "mainline": False,
            "iscogs": False, "linelastmodifieddate": moment(record.modified), "createdfrom": body.get("createdFrom")}  # fmt: skip
    rows = [common.main_line(record, -sign * body["total"], createdfrom=body.get("createdFrom"))]
    for line in body["item"]:
        rows.append(base | _item_row(line, sign, body))
        rows += [base | row for row in _member_rows(account, line, sign, body)]
    extra = [("ShipItem", body.get("shippingCost"), body.get("shipMethod"), False),
             ("ShipItem", body.get("handlingCost"), body.get("shipMethod"), False),
             ("Discount", body["discountTotal"] or None, body.get("discountItem"), False),
             ("TaxItem", body["taxTotal"], None, True)]  # fmt: skip
    last = max(int(body.get("~lastitem", 0)), len(body["item"]) + 1)
    for kind, amount, item, is_tax in extra:
        if amount is None:
            continue
        last += 1
        rows.append({**base, "id": last, "item": item, "itemtype": kind, "taxline": is_tax, "foreignamount": sign * amount,
                     "netamount": sign * amount, "isclosed": False})  # fmt: skip
    return [row | {"linesequencenumber": sequence} for sequence, row in enumerate(rows)]


def _item_row(line: Line, sign: int, body: Line) -> Line:
    custom = {name: value for name, value in line.items() if name.startswith("custcol_")}
    return custom | {
        "id": line["line"], "uniquekey": int(line["lineUniqueKey"]), "item": line["item"],
        "itemtype": line["itemType"]["id"], "quantity": sign * line["quantity"],
        "quantityshiprecv": line["quantityFulfilled"], "quantitybilled": line["quantityBilled"],
        "quantitypicked": line.get("quantityPicked", 0), "quantitypacked": line.get("quantityPacked", 0),
        "quantitycommitted": line.get("quantityCommitted"), "quantitybackordered": line.get("quantityBackOrdered"),
        "foreignamount": sign * line["amount"], "netamount": sign * line["amount"], "rate": line.get("rate"),
        "price": line.get("price"), "memo": line.get("description"), "location": line.get("location") or body.get("location"),
        "taxline": False, "isclosed": line["isClosed"], "isfullyshipped": line["quantity"] <= line["quantityFulfilled"],
    }  # fmt: skip


def _member_rows(account: Account, line: Line, sign: int, body: Line) -> Iterator[Line]:
    held = {each[0]: each for each in body.get(stock.COMMITTED, []) if each[4] == line["line"]}
    for number, (part, each) in enumerate(members(account, line), start=1):
        _, _, committed, short, *_ = held.get(str(part.id), (None, None, Decimal(0), Decimal(0)))
        yield {
            "id": member_line(line["line"], number), "kitmemberof": line["line"], "item": part.id,
            "itemtype": ITEM_TYPES[part.type], "quantity": sign * each * line["quantity"],
            "quantityshiprecv": each * line["quantityFulfilled"], "quantitybilled": each * line["quantityBilled"],
            "quantitycommitted": committed, "quantitybackordered": short, "taxline": False, "isclosed": line["isClosed"],
            "location": line.get("location") or body.get("location"),
        }  # fmt: skip


def member_line(line: int, number: int) -> int:
    """Give the number of the line of a kit's member; `number` counts the members from 1."""
    return MEMBER_LINES + 100 * line + number


def members(account: Account, line: Line) -> list[tuple[Record, Decimal]]:
    """Give the members of a line's kit that are still there, and how many units of each one kit needs."""
    kind = line["itemType"]["id"] if isinstance(line["itemType"], dict) else line["itemType"]
    if kind != "Kit":
        return []
    found = [(account.known_item(each["item"]), Decimal(each["quantity"])) for each in account.item(line["item"]).body.get("member", [])]  # fmt: skip
    return [(part, each) for part, each in found if part is not None]


def tax_rows(record: Record) -> list[Line]:
    """Give a sale's tax details, when they override what NetSuite computes."""
    lines = {line.get("taxDetailsReference"): line["line"] for line in record.body["item"]}
    return [
        {
            "transaction": record.id, "linenumber": number, "taxcode": row["taxCode"], "taxtype": row["taxType"],
            "taxrate": row["taxRate"], "taxbasis": row["taxBasis"], "taxamount": row["taxAmount"],
            "taxdetailsreference": row["taxDetailsReference"]["id"], "linetype": row["lineType"],
            "transactionline": lines.get(row["taxDetailsReference"]["id"]),
        }
        for number, row in enumerate(record.body.get("taxDetails", []), start=1)
        if record.body.get("taxDetailsOverride")
    ]  # fmt: skip
