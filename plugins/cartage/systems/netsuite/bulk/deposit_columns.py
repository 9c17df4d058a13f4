"""Deposits of plain orders: `payments.deposits` for all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping.frames import Const, Frame, Json, joined, json_of
from cartage.records import order as record
from cartage.systems.netsuite.bulk.ids import encoded, whole
from cartage.systems.netsuite.bulk.order_columns import currency_ids
from cartage.systems.netsuite.bulk.vectors import Flags, Ints, flags, micros, picked, some
from cartage.systems.netsuite.orders.columns import DEPOSIT
from cartage.systems.netsuite.orders.payments import is_due, rule_of

if TYPE_CHECKING:
    from cartage.settings.orders import PaymentRule
    from cartage.systems.netsuite.bulk.parts import Parts
    from cartage.systems.netsuite.bulk.tables import Run, Tables

_NAMES = ("method", "processor_id", "kind", "transaction_type")


@dataclass(frozen=True)
class Due:
    """Payments that are money in hand.

    Attributes:
        row: the payment's row.
        owner: place of its order.
        account: internal id of the deposit's account.
    """

    row: Ints
    owner: Ints
    account: pa.Array

    def only(self, places: Ints) -> Due:
        """Keep some of them."""
        return Due(self.row[places], self.owner[places], self.account.take(pa.array(places)))


def due(tables: Tables, run: Run, parts: Parts, good: Flags) -> Due:
    """Find the payments that become deposits, and take orders out of `good` whose deposits are no plain matter."""
    payments, owners, orders = tables.rows["payments"], tables.owners["payments"], tables.rows["orders"]
    status = picked(orders["payment_status"], owners)
    names = [*(payments[name] for name in _NAMES), status]
    rules, places = _rules(names, run)
    is_money = np.array([rule is not None for rule in rules], bool)[places]
    is_money &= ~flags(pc.is_valid(some(orders["replaced_order_no"])))[owners]
    amount, there, small = micros(payments["amount"])
    unknown = np.array([_unknown(rule, run) for rule in rules], bool)[places]
    parted = np.zeros(tables.count, bool)
    parted[parts.order[parts.several]] = True
    good[owners[is_money & (~there | ~small | unknown | parted[owners])]] = False
    rows = np.flatnonzero(is_money & (amount > 0) & good[owners])
    accounts = pa.array([rule.account if rule else None for rule in rules], pa.string())
    return Due(rows, owners[rows], accounts.take(pa.array(places[rows])))


def _rules(names: list[pa.Array], run: Run) -> tuple[list[PaymentRule | None], Ints]:
    """Give the rule of each distinct payment, None where no deposit is made, and which one each payment is."""
    rules = run.settings.orders
    distinct: dict[tuple[str | None, ...], int] = {}
    places = [
        distinct.setdefault(each, len(distinct)) for each in zip(*(name.to_pylist() for name in names), strict=True)
    ]
    found: list[PaymentRule | None] = []
    for *values, status in distinct:
        payment = dict(zip(_NAMES, values, strict=True))
        rule = rule_of(payment, rules)
        found.append(rule if is_due(status, payment, rule, rules) else None)
    return found, np.array(places, np.int64)


def _unknown(rule: PaymentRule | None, run: Run) -> bool:
    return rule is not None and rule.account is not None and rule.account not in run.known.accounts


@dataclass(frozen=True)
class Deposits:
    """Deposits: their external ids, and the columns that the mapping `deposit` reads."""

    ids: pa.Array
    frame: Frame


def deposits(tables: Tables, run: Run, found: Due, customers: pa.Array, sales_orders: pa.Array) -> Deposits:
    """Give deposits.

    Args:
        tables: the batch.
        run: what is the same for all.
        found: the payments.
        customers: the JSON of each one's reference to the customer.
        sales_orders: the external id of each one's sales order.
    """
    payments, orders, count = tables.rows["payments"], tables.rows["orders"], len(found.row)

    def paid(name: str) -> pa.Array:
        return picked(payments[name], found.row)

    columns: dict[str, Any] = dict.fromkeys(DEPOSIT, Const(None))
    columns |= {name: (lambda name=name: picked(orders[name], found.owner)) for name in record.ORDERS.names}
    columns |= {
        "attributes": Const({}),
        "site": Const(run.name),
        "customer_ref": Json(customers),
        "sales_order_ref": Json(joined(['{"$document":', *json_of(sales_orders), "}"], count, lenient=False)),
        "subsidiary_id": Const(run.site.subsidiary),
        "currency_id": lambda: currency_ids(run, picked(orders["currency"], found.owner)),
        "deposit_amount": lambda: paid("amount"),
        "account_id": found.account,
        "payment_words": lambda: pc.coalesce(some(paid("method")), paid("kind")),
        "payment_processor": lambda: paid("processor_id"),
        "payment_id": lambda: pc.coalesce(some(paid("transaction_id")), paid("certificate_id")),
        "payment_certificate": lambda: paid("certificate_id"),
        "integration": Const(run.integration),
    }
    numbers = encoded(picked(orders["order_no"], found.owner))
    keys = joined([numbers, "_p", pc.cast(paid("ordinal"), pa.string())], count, lenient=False)
    return Deposits(whole(run.integration, run.name, "dep", keys), Frame(count, columns))
