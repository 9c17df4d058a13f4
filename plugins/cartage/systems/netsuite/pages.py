"""Where a record of NetSuite is shown to people: https://<account>.app.netsuite.com, by internal id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTITIES = {"customer": "common/entity/custjob.nl", "contact": "common/entity/contact.nl"}
TRANSACTIONS = frozenset({"salesOrder", "cashSale", "customerDeposit", "invoice", "itemFulfillment"})
"""Types whose pages all answer under `transaction.nl`, which sends on to the page of the type."""


def page_of(host: str | None, extra: Mapping[str, Any], type_: str, internal_id: str, key: str) -> str | None:  # noqa: ARG001
    """Give the address of a record's page.

    Args:
        host: of the Airflow connection; another server than NetSuite's has no such pages.
        extra: the connection's extra, with `account`.
        type_: the record's type, as REST has it.
        internal_id: its internal id.
        key: the record's key in Cartage.
    """
    account = str(extra.get("account") or "").lower().replace("_", "-")
    path = ENTITIES.get(type_) or ("accounting/transactions/transaction.nl" if type_ in TRANSACTIONS else None)
    if not account or path is None or (host and "netsuite.com" not in host):
        return None
    return f"https://{quote(account)}.app.netsuite.com/app/{path}?id={quote(internal_id)}"
