"""Settings of the flow of prices."""

from __future__ import annotations

import re
from datetime import time
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator, model_validator

from cartage.settings.daily import TimeOfDay  # noqa: TC001, read at run time
from cartage.settings.drift import Drift
from cartage.settings.feeds import PriceFeeds
from cartage.settings.guardrails import PriceGuardrail
from cartage.yamlfile import Strict, close, wrong

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cartage.settings.sites import Site

FIELD = r"^[a-z][a-z0-9_]*$"
"""A column's name in SuiteQL."""

ID = r"^[1-9][0-9]*$"
"""An internal id."""


class PriceBook(Strict):
    """One price book of the shop. Its name, dates and parent stand in `feed.headers`."""

    currency: str = Field(
        pattern=r"^[A-Z]{3}$", description="ISO 4217 code. It never changes: give a new book instead."
    )
    level: str = Field(pattern=ID, description="Internal id of the NetSuite price level it is made of.")
    groups: dict[str, str] = Field(
        default_factory=dict,
        description="Price level by pricing group of the items, where it is another: as NetSuite's group pricing of those "
        "customers whom the book is for.",
    )
    base: bool | None = Field(
        default=None,
        description="Whether an item without a price at these levels has its base price in the book. Null: yes, unless the "
        "book has a parent, which then has the price, or dates.",
    )
    sale_from: str | None = Field(
        default=None,
        pattern=FIELD,
        description="Column of the item with the first day of its price, for example `custitem_ctg_sale_from`.",
    )
    sale_to: str | None = Field(default=None, pattern=FIELD, description="Column with the last day, likewise.")
    undated: Literal["leave_out", "always"] = Field(
        default="leave_out",
        description="An item without any of these dates: it has no price in the book, or always has.",
    )
    site: str | None = Field(
        default=None,
        description="Site that sells by it: days are the site's own, and currency and taxation must fit it.",
    )
    taxation: Literal["net", "gross"] | None = Field(
        default=None, description="Whether its prices are net or gross. A book must fit its site and its parent."
    )

    @field_validator("groups")
    @classmethod
    def _check_groups(cls, groups: dict[str, str]) -> dict[str, str]:
        for group, level in groups.items():
            if not re.fullmatch(ID, group):
                raise wrong("must be the internal id of a pricing group, a number", group)
            if not re.fullmatch(ID, level):
                raise wrong("must be the internal id of a price level, a number", group)
        return groups

    @property
    def dated(self) -> bool:
        """Whether its prices have days."""
        return bool(self.sale_from or self.sale_to)


class CustomerBooks(Strict):
    """Books for single customers: those that have prices of their own in NetSuite."""

    book: str = Field(
        default="customer-{customer}-{currency}",
        description="Id of a customer's book; `{customer}` and `{currency}` stand for what they say.",
    )
    named_by: str = Field(
        default="id", pattern=FIELD, description="Column of NetSuite's customer that `{customer}` stands for."
    )
    currencies: tuple[str, ...] = Field(min_length=1, description="ISO 4217 codes; a book for each.")
    only: tuple[str, ...] = Field(
        default=(), description="Internal ids of customers; empty: all with prices of their own."
    )
    max_books: int = Field(
        default=100,
        ge=1,
        description="Most books that are made; the customers first in NetSuite come first. All others are named in the log.",
    )
    levels: bool = Field(
        default=False,
        description="Whether a book also has the prices of the customer's price level, so that it can stand alone. "
        "Otherwise it needs a parent, or a book of that level beside it.",
    )

    @field_validator("only")
    @classmethod
    def _check_only(cls, only: tuple[str, ...]) -> tuple[str, ...]:
        for place, customer in enumerate(only):
            if not re.fullmatch(ID, customer):
                raise wrong("must be the internal id of a NetSuite customer, a number", place)
        return only

    @model_validator(mode="after")
    def _check_book(self) -> CustomerBooks:
        if "{customer}" not in self.book or ("{currency}" not in self.book and len(self.currencies) > 1):
            raise wrong("must have `{customer}` in it, and `{currency}` when there are several", "book")
        if "/" in self.book or re.findall(r"[{}]", re.sub(r"\{(customer|currency)\}", "", self.book)):
            raise wrong("must have no slash, and no braces but `{customer}` and `{currency}`", "book")
        return self


class Prices(Strict):
    """Prices: which price levels make which price books."""

    books: dict[str, PriceBook] = Field(default_factory=dict, description="Price books of the shop by id.")
    customers: CustomerBooks | None = Field(default=None, description="Books for single customers; null: none.")
    full_at: TimeOfDay | None = Field(
        default=time(2, 30),
        description="Time of day, UTC, of the daily run that also looks at what the shop has, and repairs drift; every run "
        "reads all prices. Null: only by hand.",
    )
    base_level: str = Field(default="1", pattern=ID, description="Internal id of NetSuite's base price level.")
    allow_zero: bool = Field(
        default=False, description="Whether a price of 0 is a price. If not, it is quarantined like one below."
    )
    marginal: str | None = Field(
        default="usemarginalrates",
        pattern=FIELD,
        description="Column of the item saying that a quantity's price is only that of the units above it. The shop cannot "
        "sell so; such items have their price for one unit alone. Null: there is none.",
    )
    feed: PriceFeeds = Field(
        default_factory=lambda: PriceFeeds(folder="/inbound/pricebooks"), description="The price feeds."
    )
    drift: Drift = Field(
        default_factory=Drift,
        description="What a run that reads everything does about prices that the shop has otherwise than told.",
    )
    guardrail: PriceGuardrail = Field(default_factory=PriceGuardrail, description="Which rows wait for a person.")
    max_quarantined_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )

    @field_validator("books")
    @classmethod
    def _check_names(cls, books: dict[str, PriceBook]) -> dict[str, PriceBook]:
        for name in books:
            if "/" in name:
                raise wrong("must not have a slash in its id", name)
        return books

    @model_validator(mode="after")
    def _check_headers(self) -> Prices:
        """A header of a book that is not made would be a parent that nobody misses; customers' books have names of their own."""
        for name in self.feed.headers:
            if name not in self.books and self.customers is None:
                raise wrong(f"is no book of `prices.books`{close(name, self.books)}", "feed", "headers", name)
        return self

    @model_validator(mode="after")
    def _check_parents(self) -> Prices:
        """A parent's prices are shown as the book's own, so they must be of the same kind."""
        for name, book in self.books.items():
            parent = self.books.get(self.parent(name) or "")
            if parent is None:
                continue
            if parent.currency != book.currency:
                raise wrong(f"is not that of its parent, {parent.currency}", "books", name, "currency")
            if {parent.taxation, book.taxation} == {"net", "gross"}:
                raise wrong(f"is not that of its parent, {parent.taxation}", "books", name, "taxation")
        return self

    def parent(self, book: str) -> str | None:
        """Give the book that has the prices which this one lacks, if any."""
        return self.feed.headers.get(book, self.feed.header).parent

    def falls_back(self, name: str) -> bool:
        """Say whether a book has the base price of what has no price of its own there."""
        book = self.books[name]
        return book.base if book.base is not None else not (book.dated or self.parent(name))

    def check_sites(self, sites: Mapping[str, Site]) -> None:
        """Check books against the sites that sell by them.

        Raises:
            PydanticCustomError: a book does not fit its site; with the path of the key at fault.
        """
        for name, book in self.books.items():
            if book.site is None:
                continue
            site = sites.get(book.site)
            if site is None:
                raise wrong(
                    f"there is no site {book.site}; there are {', '.join(sites)}", "prices", "books", name, "site"
                )
            if book.currency not in site.currencies:
                sold = ", ".join(site.currencies)
                raise wrong(
                    f"the site {book.site} does not sell in it, but in {sold}", "prices", "books", name, "currency"
                )
            if {site.taxation, book.taxation} == {"net", "gross"}:
                raise wrong(f"the site {book.site} sells {site.taxation}", "prices", "books", name, "taxation")
