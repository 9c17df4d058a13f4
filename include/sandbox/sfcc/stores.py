"""The shop's stores, each with its address and its inventory list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.catalogue import LOCATIONS, SITES
from sandbox.sfcc.inventory import STORE_LISTS

if TYPE_CHECKING:
    from sandbox.sfcc.database import Database

Store = dict[str, Any]

_SCHEMA = "CREATE TABLE IF NOT EXISTS stores (store_id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;"


class Stores:
    """All stores of the shop; a store is a document with the fields of OCAPI's ``store``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(_SCHEMA)
        if not self.all():
            names = {name for name, _ in LOCATIONS.values()}
            for site in SITES:
                for store in site.stores:
                    title = store.replace("-", " ").title() if store in names else store
                    self.put({"id": store, "name": title, "country_code": site.country,
                              "inventory_id": STORE_LISTS[store], "store_locator_enabled": True})  # fmt: skip

    def all(self) -> list[Store]:
        """Give all stores, by id."""
        return [json.loads(row["document"]) for row in self._database.rows("SELECT * FROM stores ORDER BY store_id")]

    def get(self, store_id: str) -> Store | None:
        """Give a store, or None."""
        row = self._database.row("SELECT document FROM stores WHERE store_id = ?", (store_id,))
        found: Store | None = json.loads(row["document"]) if row else None
        return found

    def put(self, store: Store) -> None:
        """Make a store, or give it these fields; what is None is left out."""
        document = json.dumps({name: value for name, value in store.items() if value is not None})
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO stores VALUES (?, ?)", (store["id"], document))

    def delete(self, store_id: str) -> bool:
        """Delete a store; says whether it was there."""
        with self._database.transaction() as db:
            return db.execute("DELETE FROM stores WHERE store_id = ?", (store_id,)).rowcount > 0
