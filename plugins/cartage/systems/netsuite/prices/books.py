"""Price books as they are made: which of NetSuite's prices goes first, item by item."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cartage.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from cartage.settings import Settings
    from cartage.settings.prices import CustomerBooks


@dataclass(frozen=True)
class Book:
    """One price book.

    An item's price is the first of these that NetSuite has: the customer's own, the level that the customer has
    for the item, the level of the item's pricing group, the book's level, the base level. Each with its
    quantity breaks; a customer's own price has none.

    Attributes:
        id: the shop's price book.
        currency: ISO 4217 code.
        currency_id: NetSuite's internal id of it.
        level: internal id of its price level; None when only what is special goes in.
        groups: price level by pricing group of the items.
        base: internal id of the base level, when that is the last resort.
        amounts: the customer's own price by item.
        item_levels: the customer's price level by item.
        sale_from: column with the first day of an item's price.
        sale_to: column with the last day.
        undated: whether an item without days has a price, when there are such columns.
        zone: the zone that days are of.
    """

    id: str
    currency: str
    currency_id: int
    level: int | None = None
    groups: Mapping[int, int] = field(default_factory=dict)
    base: int | None = None
    amounts: Mapping[int, Decimal] = field(default_factory=dict)
    item_levels: Mapping[int, int] = field(default_factory=dict)
    sale_from: str | None = None
    sale_to: str | None = None
    undated: bool = True
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    @property
    def levels(self) -> set[int]:
        """All price levels that it may look at."""
        single = {each for each in (self.level, self.base) if each is not None}
        return single | set(self.groups.values()) | set(self.item_levels.values())


def books_of(settings: Settings, currencies: Mapping[str, int]) -> list[Book]:
    """Give the books that the settings name.

    Args:
        settings: the run's.
        currencies: internal ids by ISO 4217 code.

    Raises:
        SettingsError: a book's currency is none of NetSuite's.
    """
    prices = settings.prices
    found = []
    for name, book in prices.books.items():
        site = settings.sites.get(book.site or "")
        found.append(
            Book(
                id=name,
                currency=book.currency,
                currency_id=currency_of(currencies, book.currency, f"prices.books.{name}.currency"),
                level=int(book.level),
                groups={int(group): int(level) for group, level in book.groups.items()},
                base=int(prices.base_level) if prices.falls_back(name) else None,
                sale_from=book.sale_from,
                sale_to=book.sale_to,
                undated=not book.dated or book.undated == "always",
                zone=site.timezone if site else ZoneInfo("UTC"),
            )
        )
    return found


def day_of(column: str) -> str:
    """Name the column that holds a date of NetSuite's as text: under its own name it would be shown as a date."""
    return f"{column}_day"


def currency_of(currencies: Mapping[str, int], code: str, place: str) -> int:
    """Give the internal id of a currency.

    Raises:
        SettingsError: NetSuite does not have it.
    """
    if code not in currencies:
        raise SettingsError(f"{place}: NetSuite has no active currency {code}; it has {', '.join(sorted(currencies))}")
    return currencies[code]


@dataclass(frozen=True)
class Names:
    """Which books are ours, also those that are not made any more."""

    books: Mapping[str, str]
    customers: CustomerBooks | None

    @classmethod
    def of(cls, settings: Settings) -> Names:
        """Take them of the settings."""
        return cls({name: book.currency for name, book in settings.prices.books.items()}, settings.prices.customers)

    def currency(self, book: str) -> str | None:
        """Give the currency of a book of ours; None of any other."""
        if book in self.books or self.customers is None:
            return self.books.get(book)
        codes = "|".join(map(re.escape, self.customers.currencies))
        pattern = (
            re.escape(self.customers.book).replace(r"\{customer\}", ".+").replace(r"\{currency\}", f"(?P<code>{codes})")
        )
        found = re.fullmatch(pattern, book)
        if found is None:
            return None
        return found.groupdict().get("code") or self.customers.currencies[0]
