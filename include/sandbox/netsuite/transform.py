"""Transformations: a fulfilment, an invoice, a cash sale or a return made of a sales order.

https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_1545141395.html
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import sublists
from sandbox.netsuite.answers import Refusal, invalid, user_error
from sandbox.netsuite.records.sales import fulfillable, pickable_quantity, refresh_order
from sandbox.netsuite.store import Record

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

TARGETS = {"salesOrder": ("itemFulfillment", "invoice", "cashSale", "returnAuthorization")}
"""What the sandbox makes of what."""

_HEADER = ("entity", "subsidiary", "currency", "exchangeRate", "location", "shipMethod", "shippingAddress",
           "billingAddress", "otherRefNum", "taxDetailsOverride", "isTaxable", "taxRate")  # fmt: skip
_LINE = ("item", "description", "rate", "price", "location", "isTaxable", "taxCode", "taxRate1", "taxDetailsReference")

Line = dict[str, Any]


def transform(account: Account, source: Record, target: str, body: Any, unknown: str = "error") -> Record:
    """Make a record of another one.

    Args:
        account: the account.
        source: the record to start from.
        target: record type to make.
        body: what the new record shall have otherwise; may be empty.
        unknown: what becomes of unknown properties.

    Raises:
        Refusal: there is no such transformation, or nothing is left to transform.
    """
    if target not in TARGETS.get(source.type, ()):
        raise Refusal("INVALID_TRANSFORMATION", f"A {source.type} cannot be transformed into a {target}.", url=target)
    if source.body["status"]["id"] in ("A", "C", "H"):
        raise user_error(
            f"The sales order {source.id} is {source.body['status']['refName']} and cannot be transformed."
        )
    with account.store.transaction():
        sent, _ = account._checked(target, body or {}, unknown)  # noqa: SLF001 - one service in two modules
        made = {name: source.body[name] for name in _HEADER if name in source.body}
        if target == "itemFulfillment":
            made.pop("exchangeRate", None)
        made["createdFrom"] = {"id": str(source.id), "refName": source.name}
        made |= {
            name: value
            for name, value in source.body.items()
            if name.startswith("custbody_") and target != "itemFulfillment"
        }
        choices = sent.pop("item", [])
        chosen = _chosen(source, choices)
        external_id = sent.pop("externalId", None)
        made = sublists.merge(made, sent, frozenset())
        made["item"] = _fulfilled(source, chosen) if target == "itemFulfillment" else _copied(source, chosen, target)
        if target != "itemFulfillment":
            _money(source, made, first=not any(line["quantityBilled"] for line in source.body["item"]))
        record = Record(target, account.store.next("transaction", first=1001), made, external_id)
        account.insert(record)
        account.control.wrote(target, "transform")
        if target in ("invoice", "cashSale"):
            refresh_order(account, account.find("salesOrder", str(source.id)))
        return record


def _chosen(source: Record, choices: list[Line]) -> dict[int, Line]:
    """Give the body's wishes by order line."""
    known = {line["line"] for line in source.body["item"]}
    chosen: dict[int, Line] = {}
    for position, line in enumerate(choices):
        number = line.get("orderLine", line.get("line"))
        if number is None or number not in known:
            path = f"item.items[{position}].orderLine"
            raise invalid(path, f"Invalid value for '{path}': the sales order has no line {number}.")
        chosen[int(number)] = line
    return chosen


def _fulfilled(source: Record, chosen: dict[int, Line]) -> list[Line]:
    """Take the lines that ship: all that are open, but those that the body leaves out."""
    lines: list[Line] = []
    for ordered in source.body["item"]:
        wish = chosen.get(ordered["line"], {})
        open_ = fulfillable(ordered) and pickable_quantity(ordered) and not ordered["isClosed"]
        if wish.get("itemReceive") is False or not (open_ or "quantity" in wish):
            continue
        lines.append({**{name: value for name, value in wish.items() if name != "line"},
                      "orderLine": ordered["line"], "line": len(lines) + 1})  # fmt: skip
    if not lines:
        raise user_error("You must enter at least one line item for this transaction.", path="item")
    return lines


def _copied(source: Record, chosen: dict[int, Line], target: str) -> list[Line]:
    """Copy the lines that are billed or returned, with the amounts that fit their quantity."""
    lines: list[Line] = []
    for ordered in source.body["item"]:
        wish = chosen.get(ordered["line"], {})
        done = ordered["quantityBilled"] if target != "returnAuthorization" else 0
        left = Decimal(ordered["quantity"]) - done
        quantity = Decimal(wish.get("quantity", left))
        if quantity <= 0 or (ordered["isClosed"] and "quantity" not in wish):
            continue
        if quantity > left:
            raise user_error(f"Order line {ordered['line']} has {left} left.", path="item")
        line = {name: ordered[name] for name in _LINE if name in ordered}
        line |= {name: value for name, value in ordered.items() if name.startswith("custcol_")}
        amount = Decimal(ordered["amount"]) * quantity / Decimal(ordered["quantity"])
        line |= {
            "quantity": quantity,
            "amount": wish.get("amount", amount),
            "line": len(lines) + 1,
            "~orderLine": ordered["line"],
        }
        lines.append(line)
    if not lines:
        raise user_error("You must enter at least one line item for this transaction.", path="item")
    return lines


def _money(source: Record, made: dict[str, Any], *, first: bool) -> None:
    """Shipping goes with the first bill; overriding tax details are shared out by quantity."""
    if first and "shippingCost" in source.body:
        made.setdefault("shippingCost", source.body["shippingCost"])
    elif not first:
        made["shippingCost"] = Decimal(0)
    if not made.get("taxDetailsOverride") or "taxDetails" in made:
        return
    ordered = {line.get("taxDetailsReference"): line for line in source.body["item"]}
    quantities = {line.get("taxDetailsReference"): Decimal(line["quantity"]) for line in made["item"]}
    rows = []
    for row in source.body.get("taxDetails", []):
        reference = row["taxDetailsReference"]["id"]
        if reference in quantities:
            share = quantities[reference] / Decimal(ordered[reference]["quantity"])
        elif reference not in ordered and first:
            share = Decimal(1)
        else:
            continue
        rows.append(
            {**row, "taxAmount": Decimal(row["taxAmount"]) * share, "taxBasis": Decimal(row["taxBasis"]) * share}
        )
    made["taxDetails"] = rows
