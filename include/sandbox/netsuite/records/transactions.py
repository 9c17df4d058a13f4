"""What all transactions share: entity, subsidiary, currency, dates and periods, and their rows for SuiteQL."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import invalid, user_error
from sandbox.netsuite.records.customers import address_row, belongs
from sandbox.netsuite.store import TRANSACTION_TYPES, Record, moment

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

Row = dict[str, Any]

NUMBERS = {"salesOrder": "SO", "customerDeposit": "CD", "itemFulfillment": "IF", "invoice": "INV",
           "cashSale": "CS", "returnAuthorization": "RMA"}  # fmt: skip
"""Record type -> prefix of its document numbers."""


def check_header(account: Account, record: Record, customer: Record, old: dict[str, Any] | None) -> None:
    """Check and complete what every transaction has: subsidiary, currency, date, number.

    Args:
        account: the account.
        record: the transaction; its body is completed.
        customer: its customer.
        old: its body before.

    Raises:
        Refusal: the customer is inactive, or does not know the subsidiary or the currency; the period is closed.
    """
    body = record.body
    if customer.inactive and old is None:
        raise invalid("entity", f"The customer {customer.id} is inactive.")
    body.setdefault("subsidiary", customer.body["subsidiary"])
    if not belongs(account, customer, str(body["subsidiary"]["id"])):
        raise invalid(
            "subsidiary", f"The customer {customer.id} does not belong to the subsidiary {body['subsidiary']['id']}."
        )
    body.setdefault("currency", customer.body["currency"])
    if all(line["currency"]["id"] != body["currency"]["id"] for line in customer.body["currencyList"]):
        raise invalid("currency", f"The currency {body['currency']['id']} is not in the customer's currency list.")
    check_location(account, body.get("location"), body["subsidiary"], "location")
    body.setdefault("exchangeRate", Decimal(1))
    body.setdefault("tranDate", dt.datetime.now(dt.UTC).date().isoformat())
    if body["tranDate"][:7] in account.control.closed_periods and (
        old is None or old.get("tranDate") != body["tranDate"]
    ):
        raise user_error(
            "The transaction date you specified is not within the date range of your accounting period, "
            "or the accounting period is closed.", path="tranDate",
        )  # fmt: skip
    if "tranId" not in body:
        body["tranId"] = f"{NUMBERS[record.type]}{account.store.next(record.type + ' number', first=1001)}"
    body["transactionNumber"] = body["tranId"]
    record.name = f"{_LABELS[record.type]} #{body['tranId']}"


_LABELS = {"salesOrder": "Sales Order", "customerDeposit": "Customer Deposit", "itemFulfillment": "Item Fulfillment",
           "invoice": "Invoice", "cashSale": "Cash Sale", "returnAuthorization": "Return Authorization"}  # fmt: skip


def check_location(account: Account, location: Row | None, subsidiary: Row, path: str) -> None:
    """Check that a location is one of the subsidiary's.

    Raises:
        Refusal: it is another subsidiary's.
    """
    record = account.pointed("location", location)
    homes = [str(each["id"]) for each in record.body.get("subsidiary", [])] if record else []
    if record is not None and homes and str(subsidiary["id"]) not in homes:
        raise invalid(path, f"The location {record.id} does not belong to the subsidiary {subsidiary['id']}.")


def header_row(record: Record, **more: Any) -> Row:
    """Lay a transaction's header out; custom fields are columns of their own name."""
    body = record.body
    row: Row = {name: (moment(value) if isinstance(value, str) and _is_moment(value) else value)
                for name, value in body.items() if name.startswith("custbody_")}  # fmt: skip
    kind = TRANSACTION_TYPES[record.type]
    return row | {
        "id": record.id, "type": kind, "recordtype": record.type.lower(), "abbrevtype": NUMBERS[record.type],
        "tranid": body["tranId"], "transactionnumber": body["transactionNumber"], "externalid": record.external_id,
        "status": (body.get("status") or {}).get("id"), "entity": body.get("entity") or body.get("customer"),
        "trandate": moment(body["tranDate"]), "createddate": moment(record.created),
        "lastmodifieddate": moment(record.modified), "foreigntotal": body.get("total"), "currency": body["currency"],
        "exchangerate": body.get("exchangeRate"), "shipdate": moment(body.get("shipDate")),
        "duedate": moment(body.get("dueDate")), "otherrefnum": body.get("otherRefNum"), "memo": body.get("memo"),
        "email": body.get("email"), "shipmethod": body.get("shipMethod"), "void": False, "voided": False,
        "posting": record.type not in ("salesOrder", "returnAuthorization"), "source": "REST Web Services",
        "shippingaddress": record.id if "shippingAddress" in body else None,
        "billingaddress": record.id if "billingAddress" in body else None, **more,
    }  # fmt: skip


def lay_out_addresses(account: Account, record: Record) -> None:
    """Lay out a transaction's own addresses."""
    for name, table in (
        ("shippingAddress", "transactionshippingaddress"),
        ("billingAddress", "transactionbillingaddress"),
    ):
        if name in record.body:
            account.store.lay(table, record.id, [address_row(record.id, record.body[name])])


def main_line(record: Record, total: Any, **more: Any) -> Row:
    """Give the line 0 that stands for the whole transaction."""
    body = record.body
    return {
        "id": 0, "transaction": record.id, "linesequencenumber": 0, "mainline": True, "taxline": False, "iscogs": False,
        "foreignamount": total, "netamount": total, "location": body.get("location"), "subsidiary": body["subsidiary"],
        "entity": body.get("entity") or body.get("customer"), "isclosed": False, "memo": body.get("memo"),
        "linelastmodifieddate": moment(record.modified), **more,
    }  # fmt: skip


def link(
    previous: Record,
    following: Record,
    kind: str,
    *,
    lines: tuple[int | None, int | None] = (None, None),
    amount: Any = None,
) -> Row:
    """Give a row of PreviousTransactionLineLink; `lines` are the numbers of the two lines it joins."""
    return {
        "previousdoc": previous.id, "previousline": lines[0], "previoustype": TRANSACTION_TYPES[previous.type],
        "nextdoc": following.id, "nextline": lines[1], "nexttype": TRANSACTION_TYPES[following.type],
        "linktype": kind, "foreignamount": amount, "lastmodifieddate": moment(following.modified),
    }  # fmt: skip


def followers(account: Account, record: Record, *types: str) -> list[Record]:
    """Give the transactions of some types that were made from this one."""
    codes = {TRANSACTION_TYPES[each]: each for each in types}
    rows = account.store.query(
        "SELECT DISTINCT nextdoc, nexttype FROM previoustransactionlinelink WHERE previousdoc = ? ORDER BY nextdoc",
        record.id,
    )
    found = [account.store.get(codes[kind], str(id_)) for id_, kind in rows if kind in codes]
    return [each for each in found if each is not None]


def remove_rows(account: Account, record: Record) -> None:
    """Take away every row a transaction has in SuiteQL."""
    for table in ("transaction", "transactionline", "transactiontaxdetail", "previoustransactionlinelink",
                  "trackingnumbermap", "transactionshippingaddress", "transactionbillingaddress"):  # fmt: skip
        account.store.lay(table, record.id, [])


def _is_moment(text: str) -> bool:
    return len(text) in (10, 20) and text[4:5] == "-" and text[7:8] == "-" and (len(text) == 10 or text[10] == "T")
