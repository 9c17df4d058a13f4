"""Where a record of the shop is shown to people: in Business Manager, which has no documented address of an order.

So the connection may say it: its extra's `order_page`, an address in which ``{site}`` and ``{number}`` may stand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping

BUSINESS_MANAGER = "/on/demandware.store/Sites-Site"


def page_of(host: str | None, extra: Mapping[str, Any], type_: str, internal_id: str, key: str) -> str | None:  # noqa: ARG001
    """Give the address of a record's page; without `order_page` that of Business Manager itself.

    Args:
        host: of the Airflow connection of the shop's API.
        extra: the connection's extra, with `instance` and perhaps `order_page`.
        type_: the kind of record.
        internal_id: its id; the shop's are in the key.
        key: the record's key in Cartage: site, a slash, number.
    """
    site, _, number = key.partition("/")
    pattern = str(extra.get("order_page") or "")
    if pattern.startswith("https://") and type_ == "order":
        return pattern.replace("{site}", quote(site, safe="")).replace("{number}", quote(number, safe=""))
    instance = str(extra.get("instance") or "").rstrip("/")
    return f"{instance}{BUSINESS_MANAGER}" if instance.startswith("https://") else None
