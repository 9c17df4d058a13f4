"""Leaves drops in a sandbox's SFTP folder and places their orders in the shop, so that SCAPI knows them too."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.sfcc.export import CUSTOMERS_FOLDER, ORDERS_FOLDER, drop_name, put_file
from sandbox.sfcc.store import ShopStore
from sandbox.shop.customers import write_customers
from sandbox.shop.model import VERSIONS
from sandbox.shop.order_xml import write_orders

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sandbox.shop.customers import Account
    from sandbox.shop.model import Order


@dataclass(frozen=True)
class DropFile:
    """A file to be left for a reader.

    Attributes:
        name: file name.
        content: its bytes.
        kind: orders or customers: says the folder.
        orders: what is in it, for the shop to know; empty for what the shop never had.
    """

    name: str
    content: bytes
    kind: str = "orders"
    orders: tuple[Order, ...] = field(default=())


def order_drop(
    site: str, orders: Sequence[Order], at: datetime, *, version: str = VERSIONS[-1], compressed: bool = False
) -> DropFile:
    """Make a drop of orders as the export would."""
    file = io.BytesIO()
    write_orders(file, orders, version=version, gzip=compressed)
    return DropFile(drop_name(site, at, compressed=compressed), file.getvalue(), orders=tuple(orders))


def customer_drop(site: str, accounts: Iterable[Account], at: datetime, *, compressed: bool = False) -> DropFile:
    """Make a drop of a site's customer list as the export would."""
    file = io.BytesIO()
    write_customers(file, accounts, list_id=site, gzip=compressed)
    return DropFile(drop_name(site, at, kind="customers", compressed=compressed), file.getvalue(), kind="customers")


def deliver(home: Path, drops: Iterable[DropFile]) -> list[Path]:
    """Put drops into the SFTP folders of the sandbox at `home`, each written as ``name.tmp`` and renamed."""
    store = ShopStore(home)
    folders = {"orders": ORDERS_FOLDER, "customers": CUSTOMERS_FOLDER}
    try:
        paths = []
        for drop in drops:
            store.put(drop.orders)
            paths.append(put_file(home / "sftp" / folders[drop.kind], drop.name, drop.content))
        return paths
    finally:
        store.close()
