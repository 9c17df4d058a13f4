"""Customer deposits: money taken for an order before it is delivered."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import invalid, user_error
from sandbox.netsuite.records import transactions as common

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account
    from sandbox.netsuite.store import Record


class DepositRules:
    """A deposit has a customer, a payment above zero, and an account or the undeposited funds."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Check and complete the deposit."""
        del sent
        body = record.body
        customer = account.pointed("customer", body.get("customer"))
        if customer is None:
            raise user_error("Please enter value(s) for: Customer", path="customer")
        if Decimal(body.get("payment", 0)) <= 0:
            raise user_error("The payment of a deposit must be greater than zero.", path="payment")
        order = account.pointed("salesOrder", body.get("salesOrder"))
        if order is not None:
            if order.body["entity"]["id"] != str(customer.id):
                raise invalid("salesOrder", f"The sales order {order.id} is not one of the customer {customer.id}.")
            body.setdefault("currency", order.body["currency"])
            body.setdefault("subsidiary", order.body["subsidiary"])
            if body["currency"]["id"] != order.body["currency"]["id"]:
                raise invalid("currency", "The currency of a deposit must be that of its sales order.")
        common.check_header(account, record, customer, old)
        self._account(body)
        body["total"] = body["payment"] = Decimal(body["payment"]).quantize(account.precision(body["currency"]))

    def _account(self, body: dict[str, Any]) -> None:
        undeposited = (body.get("undepFunds") or {}).get("id")
        if undeposited is None:
            undeposited = "F" if "account" in body else "T"
            body["undepFunds"] = {"id": undeposited, "refName": undeposited}
        holds = undeposited.lower() in ("t", "true")
        if not holds and "account" not in body:
            raise user_error("Please enter value(s) for: Account", path="account")
        body["status"] = {"id": "A", "refName": "Not Deposited"} if holds else {"id": "B", "refName": "Deposited"}

    def lay_out(self, account: Account, record: Record) -> None:
        """Rows of transaction, its main line, and the link to its order."""
        body, store = record.body, account.store
        unused = {"foreignpaymentamountunused": body["payment"], "account": body.get("account")}
        store.lay("transaction", record.id, [common.header_row(record, **unused)])
        order = account.pointed("salesOrder", body.get("salesOrder"))
        store.lay(
            "transactionline",
            record.id,
            [common.main_line(record, body["payment"], createdfrom=body.get("salesOrder"))],
        )
        links = [common.link(order, record, "OrdDep", amount=body["payment"])] if order else []
        store.lay("previoustransactionlinelink", record.id, links)

    def delete(self, account: Account, record: Record) -> None:
        """Its rows go."""
        common.remove_rows(account, record)
