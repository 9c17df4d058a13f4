"""Reads prices from NetSuite: price lists, customers' prices, and the items they are of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint, SettingsError
from cartage.records.columns import MONEY
from cartage.systems.netsuite.duplicates import without_duplicates
from cartage.systems.netsuite.prices.books import Book, currency_of, day_of
from cartage.systems.netsuite.prices.choosing import ITEMS, PRICES
from cartage.systems.netsuite.suiteql import in_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cartage.settings import Settings
    from cartage.settings.prices import CustomerBooks
    from cartage.systems.netsuite.columnar import ColumnReader

_ID, _TEXT = pa.int64(), pa.string()
_NAMED = pa.schema({"id": _ID, "name": _TEXT})
_CURRENCIES = pa.schema({"id": _ID, "code": _TEXT})
_CUSTOMERS = pa.schema({"id": _ID, "name": _TEXT, "price_level": _ID})
_OWN = pa.schema({"customer": _ID, "item": _ID, "currency": _ID, "price_level": _ID, "amount": MONEY})
_GROUPS = pa.schema({"customer": _ID, "pricing_group": _ID, "price_level": _ID})
_KEY = ("item", "price_level", "currency", "quantity")


@dataclass(frozen=True)
class Unnamed:
    """Customers with prices of their own that can have no book of their own.

    Attributes:
        customers: internal ids.
        books: what their books would be called; the shop may have been told of them.
        complaint: why.
    """

    customers: tuple[int, ...]
    books: tuple[str, ...]
    complaint: Complaint


class PriceReader:
    """The queries of the flow of prices.

    Args:
        reader: reads queries into columns.
        settings: all run settings.
        note: says to people what is left out as a whole.
    """

    def __init__(self, reader: ColumnReader, settings: Settings, note: Callable[[str], None]) -> None:
        self._reader = reader
        self._settings = settings
        self._note = note

    def currencies(self) -> dict[str, int]:
        """Give internal ids of active currencies by ISO 4217 code."""
        found = self._reader.whole("price_currencies", _CURRENCIES)
        return dict(zip(found["code"].to_pylist(), found["id"].to_pylist(), strict=True))

    def check_levels(self, books: Sequence[Book]) -> None:
        """Make sure that NetSuite has the price levels of all books.

        Raises:
            SettingsError: it lacks one.
        """
        found = self._reader.whole("price_levels", _NAMED)
        known = dict(zip(found["id"].to_pylist(), found["name"].to_pylist(), strict=True))
        for book in books:
            missing = sorted(book.levels - known.keys())
            if missing:
                raise SettingsError(
                    f"the price book {book.id}: NetSuite has no price level {', '.join(map(str, missing))}; there are "
                    f"{', '.join(f'{id_} ({name})' for id_, name in known.items())}"
                )

    def items(self, skus: Sequence[str], columns: Iterable[str]) -> pa.Table:
        """Give the items that are for sale, all or those with these skus: `ITEMS` and columns with days."""
        prices, days = self._settings.prices, sorted(set(columns))
        for_shop = self._settings.inventory.fields.for_shop
        fields = [f"TO_CHAR(i.{each}, 'YYYY-MM-DD') AS {day_of(each)}" for each in days]
        fields += [f"i.{prices.marginal} AS marginal"] if prices.marginal else []
        sku = self._settings.orders.sku_field
        parts = {"sku": sku, "fields": "".join(f", {each}" for each in fields)}
        schema = pa.schema([*ITEMS, *(pa.field(day_of(each), _TEXT) for each in days)])
        which = f"i.{sku} IS NOT NULL" + (f" AND i.{for_shop} = 'T'" if for_shop else "")
        if skus:
            return self._reader.some("price_items", schema, skus, **parts, which=f"{which} AND i.{sku} IN ({{values}})")
        return self._reader.whole("price_items", schema, **parts, which=which)

    def prices(self, items: Iterable[int], books: Sequence[Book]) -> tuple[pa.Table, pa.Table]:
        """Give the prices of these items at all levels that books look at, and the keys of those in doubt.

        Returns:
            Columns `PRICES`, each key once; item, level and currency of prices that contradict each other.
        """
        levels = in_list(sorted({level for book in books for level in book.levels})) or "NULL"
        currencies = in_list(sorted({book.currency_id for book in books}))
        found = self._reader.some("prices_of_items", PRICES, items, levels=levels, currencies=currencies)
        one = pa.array([1], pa.int64()).cast(pa.decimal128(38, 6)).cast(PRICES.field("quantity").type)[0]
        first = pc.less(found["quantity"], one)  # NetSuite calls the first column of its price list quantity 0
        quantity = pc.if_else(first, one, found["quantity"])
        rows = found.set_column(found.schema.get_field_index("quantity"), PRICES.field("quantity"), quantity)
        rows, doubtful = without_duplicates(rows, _KEY)
        return rows, doubtful.select(["item", "price_level", "currency"])

    def customer_books(self, currencies: Mapping[str, int]) -> tuple[list[Book], list[Unnamed]]:
        """Give the books of single customers, at most as many as the settings allow, and the customers that have none.

        Raises:
            SettingsError: their currency is none of NetSuite's.
        """
        settings = self._settings.prices.customers
        if settings is None:
            return [], []
        found = self._reader.whole("price_customers", _CUSTOMERS, named_by=settings.named_by)
        named = found.filter(pc.is_valid(found["name"]))
        if settings.only:
            named = named.filter(pc.is_in(named["id"], value_set=pa.array([int(each) for each in settings.only])))
        unnamed = _unnamed(named, settings)
        unfit = pa.array([each for one in unnamed for each in one.customers], _ID)
        named = named.filter(pc.invert(pc.is_in(named["id"], value_set=unfit)))
        most = settings.max_books // len(settings.currencies)
        customers, beyond = named.slice(0, most).to_pylist(), named.slice(most)["id"].to_pylist()
        if beyond:
            named = ", ".join(map(str, beyond[:20])) + (" …" if len(beyond) > 20 else "")
            self._note(
                f"{len(beyond)} customers with prices of their own have no price book, since prices.customers.max_books is "
                f"{settings.max_books}: {named}"
            )
        ids = [each["id"] for each in customers]
        own = self._reader.some("prices_of_customers", _OWN, ids).to_pylist()
        groups = self._reader.some("price_groups_of_customers", _GROUPS, ids).to_pylist()
        books = [
            self._customer_book(each, code, currency_of(currencies, code, "prices.customers.currencies"), own, groups)
            for each in customers
            for code in settings.currencies
        ]
        return books, unnamed

    def _customer_book(
        self,
        customer: dict[str, object],
        code: str,
        currency: int,
        own: list[dict[str, int]],
        groups: list[dict[str, int]],
    ) -> Book:
        prices = self._settings.prices
        assert prices.customers is not None
        mine = [each for each in own if each["customer"] == customer["id"] and each["currency"] == currency]
        level = customer["price_level"]
        return Book(
            id=book_of(prices.customers, str(customer["name"]), code),
            currency=code,
            currency_id=currency,
            level=int(str(level)) if prices.customers.levels and level is not None else None,
            groups={
                each["pricing_group"]: each["price_level"] for each in groups if each["customer"] == customer["id"]
            },
            base=int(prices.base_level) if prices.customers.levels else None,
            amounts={each["item"]: each["amount"] for each in mine if each["amount"] is not None},  # type: ignore[misc]
            item_levels={
                each["item"]: each["price_level"] for each in mine if each["amount"] is None and each["price_level"]
            },
        )


def book_of(settings: CustomerBooks, name: str, code: str) -> str:
    """Give the id of a customer's book."""
    return settings.book.replace("{customer}", name).replace("{currency}", code)


def _unnamed(named: pa.Table, settings: CustomerBooks) -> list[Unnamed]:
    """Find the customers whose names make no book of their own: a name that several have, or one with a slash."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for each in named.select(["id", "name"]).to_pylist():
        by_name[each["name"]].append(each["id"])
    found = []
    for name, customers in by_name.items():
        if len(customers) == 1 and "/" not in name:
            continue
        listed = ", ".join(map(str, customers))
        why = "have the same" if len(customers) > 1 else "has a slash in its"
        reason = (
            f"customers {listed}: {why} `{settings.named_by}`, which is no name for a price book; change it in NetSuite, or "
            "name books by `prices.customers.named_by: id`"
        )
        books = tuple(book_of(settings, name, code) for code in settings.currencies)
        found.append(Unnamed(tuple(customers), books, Complaint("customer_without_book", reason, "book_id")))
    return found
