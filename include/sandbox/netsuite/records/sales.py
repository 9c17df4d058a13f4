"""Sales orders, and the invoices, cash sales and returns that are made of them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite import stock, totals
from sandbox.netsuite.answers import invalid, user_error
from sandbox.netsuite.records import transactions as common
from sandbox.netsuite.records.sale_rows import line_rows, tax_rows
from sandbox.netsuite.store import ITEM_TYPES, Record

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

Line = dict[str, Any]

STATUSES = {
    "A": "Pending Approval", "B": "Pending Fulfillment", "C": "Cancelled", "D": "Partially Fulfilled",
    "E": "Pending Billing/Partially Fulfilled", "F": "Pending Billing", "G": "Billed", "H": "Closed",
}  # fmt: skip
"""A sales order's status letters."""

CANCELLED = "~cancelled"
"""Hidden property: somebody cancelled the order while it was pending approval."""

_FROZEN = ("item", "location", "rate", "amount")


class SaleRules:
    """A sale: lines, prices, tax, shipping, addresses."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Check the sale and compute its sums, its status and what it commits."""
        body = record.body
        customer = account.pointed("customer", body.get("entity"))
        if customer is None:
            raise user_error("Please enter value(s) for: Customer", path="entity")
        if old is not None and "entity" in sent and old["entity"]["id"] != body["entity"]["id"]:
            raise user_error("The customer of a saved transaction cannot be changed.", path="entity")
        common.check_header(account, record, customer, old)
        items = self._lines(account, body, old)
        self._frozen_lines(body, old)
        totals.compute(account, body, items)
        self._addresses(body, customer)
        if record.type == "salesOrder":
            self._order_status(body)
            stock.recommit(account, record, self._needs(account, body, items))
            stock.show_commitments(body)
        else:
            body.setdefault("status", {"id": "A", "refName": "Open"})
            body["amountRemaining"] = body["total"]

    def _lines(self, account: Account, body: dict[str, Any], old: dict[str, Any] | None) -> list[Record]:
        """Check each line, and give its item."""
        lines: list[Line] = body.get("item", [])
        if not lines:
            raise user_error("You must enter at least one line item for this transaction.", path="item")
        before = {line["line"]: line for line in (old or {}).get("item", [])}
        items = []
        for position, line in enumerate(lines):
            place = f"item.items[{position}]"
            if "item" not in line:
                raise user_error("Please enter value(s) for: Item", path=f"{place}.item")
            known = before.get(line["line"])
            _forget_stale_sums(line, known)
            item = account.item(line["item"])
            if item.inactive and known is None:
                raise invalid(f"{place}.item", f"The item {item.id} is inactive.")
            common.check_location(account, line.get("location"), body["subsidiary"], f"{place}.location")
            line["itemType"] = {"id": ITEM_TYPES[item.type], "refName": ITEM_TYPES[item.type]}
            line.setdefault("lineUniqueKey", str(account.store.next("line key", first=100001)))
            line.setdefault(
                "description", item.body.get("salesDescription") or item.body.get("displayName") or item.name
            )
            for name in ("quantityFulfilled", "quantityBilled"):
                line.setdefault(name, Decimal(0))
            line.setdefault("isClosed", False)
            items.append(item)
        return items

    def _frozen_lines(self, body: dict[str, Any], old: dict[str, Any] | None) -> None:
        """What is fulfilled or billed stays as it is."""
        now = {line["line"]: line for line in body["item"]}
        for before in (old or {}).get("item", []):
            done = max(before["quantityFulfilled"], before["quantityBilled"])
            if not done:
                continue
            line = now.get(before["line"])
            if line is None:
                raise user_error(f"Line {before['line']} is fulfilled or billed and cannot be removed.", path="item")
            if Decimal(line.get("quantity", 1)) < done or any(
                name in line and line[name] != before.get(name) for name in _FROZEN
            ):
                raise user_error(f"Line {before['line']} is fulfilled or billed and cannot be changed.", path="item")

    def _addresses(self, body: dict[str, Any], customer: Record) -> None:
        """Addresses left out come from the customer's book, as in the UI."""
        book = customer.body.get("addressBook", [])
        for name, flag in (("billingAddress", "defaultBilling"), ("shippingAddress", "defaultShipping")):
            default = next((line.get("addressBookAddress") for line in book if line.get(flag)), None)
            if name not in body and default:
                body[name] = default

    def _order_status(self, body: dict[str, Any]) -> None:
        chosen = body.setdefault("orderStatus", {"id": "A", "refName": "A"})
        done = any(line["quantityFulfilled"] or line["quantityBilled"] for line in body["item"])
        if chosen["id"] == "A" and done:
            raise user_error(
                "An order that is fulfilled or billed cannot go back to pending approval.", path="orderStatus"
            )
        chosen["refName"] = STATUSES[chosen["id"]]
        letter = "A" if chosen["id"] == "A" else derived_status(body["item"])
        if all(line["isClosed"] for line in body["item"]):
            letter = "H" if not any(line["quantityBilled"] for line in body["item"]) else letter
        if body.get(CANCELLED):
            letter = "C"
        body["status"] = {"id": letter, "refName": STATUSES[letter]}

    def _needs(self, account: Account, body: dict[str, Any], items: list[Record]) -> list[stock.Need]:
        if body["orderStatus"]["id"] == "A" or body.get(CANCELLED):
            return []
        wanted: list[stock.Need] = []
        for line, item in zip(body["item"], items, strict=True):
            if not line["isClosed"]:
                wanted += stock.needs(account, line, item, body.get("location"), open_quantity(line))
        return wanted

    def lay_out(self, account: Account, record: Record) -> None:
        """Rows of transaction and its lines: the main line, items, shipping, handling, tax; links to the order."""
        body, store = record.body, account.store
        paid = body["total"] if record.type == "cashSale" else Decimal(0)
        unpaid = (
            {"foreignamountpaid": paid, "foreignamountunpaid": body["total"] - paid}
            if record.type != "salesOrder"
            else {}
        )
        store.lay("transaction", record.id, [common.header_row(record, **unpaid)])
        store.lay("transactionline", record.id, line_rows(account, record))
        store.lay("transactiontaxdetail", record.id, tax_rows(record))
        common.lay_out_addresses(account, record)
        source = account.pointed("salesOrder", body.get("createdFrom"))
        if source is not None:
            kind = "OrdBill" if record.type in ("invoice", "cashSale") else "SaleRet"
            store.lay("previoustransactionlinelink", record.id, [
                common.link(source, record, kind, lines=(line.get("~orderLine"), line["line"]), amount=line["amount"]) for line in body["item"]
            ])  # fmt: skip

    def delete(self, account: Account, record: Record) -> None:
        """Refused once something was made of it; commitments are let go."""
        if account.store.query("SELECT 1 FROM previoustransactionlinelink WHERE previousdoc = ? LIMIT 1", record.id):
            raise user_error("This transaction cannot be deleted because it is linked to by one or more transactions.")
        stock.recommit(account, record, [])
        common.remove_rows(account, record)
        order = account.pointed("salesOrder", record.body.get("createdFrom"))
        if order is not None:
            refresh_order(account, order)


def open_quantity(line: Line) -> Decimal:
    """Give what of a line is still to be fulfilled."""
    return max(Decimal(0), Decimal(line["quantity"]) - Decimal(line["quantityFulfilled"]))


def pickable_quantity(line: Line) -> Decimal:
    """Give what of a line no fulfilment holds yet, be it picked, packed or shipped."""
    held = Decimal(line.get("quantityPicked", 0)) + Decimal(line.get("quantityPacked", 0))
    return max(Decimal(0), open_quantity(line) - held)


def fulfillable(line: Line) -> bool:
    """Whether a line's item is shipped at all."""
    return line["itemType"]["id"] in ("InvtPart", "Assembly", "Kit", "NonInvtPart")


def derived_status(lines: list[Line]) -> str:
    """Derive an approved order's status letter from what is fulfilled and billed."""
    goods = [line for line in lines if fulfillable(line)]
    shipped = [line for line in goods if line["quantityFulfilled"]]
    all_shipped = all(not open_quantity(line) or line["isClosed"] for line in goods)
    billed = [line for line in lines if line["quantityBilled"]]
    if billed and all(line["quantityBilled"] >= line["quantity"] or line["isClosed"] for line in lines):
        return "G"
    if goods and all_shipped and shipped:
        return "F"
    if shipped:
        return "E" if any(line["quantityFulfilled"] > line["quantityBilled"] for line in shipped) else "D"
    return "B"


def in_fulfilments(
    account: Account, order: Record, *, statuses: str = "ABC", besides: int | None = None
) -> dict[int, Decimal]:
    """Give what is in an order's fulfilments by order line.

    Args:
        account: the account.
        order: the order.
        statuses: letters of the fulfilments that count: A picked, B packed, C shipped.
        besides: internal id of a fulfilment that does not count.
    """
    found = common.followers(account, order, "itemFulfillment")
    return _by_order_line([
        each for each in found if each.id != besides and each.body["shipStatus"]["id"] in statuses
    ])  # fmt: skip


def _by_order_line(followers: list[Record]) -> dict[int, Decimal]:
    counts: dict[int, Decimal] = {}
    for follower in followers:
        for line in follower.body["item"]:
            number = line.get("orderLine", line.get("~orderLine"))
            counts[number] = counts.get(number, Decimal(0)) + Decimal(line["quantity"])
    return counts


def refresh_order(account: Account, order: Record) -> None:
    """Count anew what of an order is fulfilled and billed, after one of its followers changed."""
    counts = {
        "quantityFulfilled": in_fulfilments(account, order, statuses="C"), "quantityPicked": in_fulfilments(account, order, statuses="A"),
        "quantityPacked": in_fulfilments(account, order, statuses="B"),
        "quantityBilled": _by_order_line(common.followers(account, order, "invoice", "cashSale")),
    }  # fmt: skip
    for line in order.body["item"]:
        line.update({name: by_line.get(line["line"], Decimal(0)) for name, by_line in counts.items()})
    rules = SaleRules()
    items = [account.item(line["item"]) for line in order.body["item"]]
    rules._order_status(order.body)  # noqa: SLF001 - the order's own rules
    stock.recommit(account, order, rules._needs(account, order.body, items))  # noqa: SLF001
    stock.show_commitments(order.body)
    account.resave(order)


def _forget_stale_sums(line: Line, known: Line | None) -> None:
    """A changed quantity or rate moves the amount, a changed amount the rate."""
    if known is None:
        return
    same_amount = line.get("amount") == known.get("amount")
    if same_amount and any(line.get(name) != known.get(name) for name in ("quantity", "rate", "item")):
        line.pop("amount", None)
        line.pop("grossAmt", None)
        if line.get("item") != known.get("item") and line.get("rate") == known.get("rate"):
            line.pop("rate", None)
    elif not same_amount and line.get("rate") == known.get("rate"):
        line.pop("rate", None)
