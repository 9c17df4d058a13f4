"""Headers of inventory lists and price books, as the settings have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cartage.errors import SettingsError
from cartage.systems.sfcc.feeds.forms import INVENTORY
from cartage.systems.sfcc.feeds.rules import text_of
from cartage.systems.sfcc.feeds.texts import escape

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Protocol

    from cartage.settings import Settings
    from cartage.settings.feeds import InventoryHeader, PriceHeader
    from cartage.systems.sfcc.feeds.forms import Form

    class Headers(Protocol):
        """Gives what stands above the records of a list or book."""

        def of(self, group: str, currency: str | None) -> str:
            """Give the header of a group as XML, on one line."""


class InventoryHeaders:
    """Headers of inventory lists.

    Args:
        settings: the integration's: `inventory.feed.header`, `.headers`, and whether a list uses on-order.
    """

    def __init__(self, settings: Settings) -> None:
        self._default = settings.inventory.feed.header
        self._own = settings.inventory.feed.headers
        self._on_order = {name: each.on_order for name, each in settings.inventory.lists.items()}

    def of(self, group: str, currency: str | None) -> str:  # noqa: ARG002 - a list has none
        """Give a list's header."""
        header: InventoryHeader = self._own.get(group, self._default)
        return _header(
            "list-id",
            group,
            [
                _element("default-instock", header.default_instock),
                _element("description", header.description),
                _element("use-bundle-inventory-only", header.use_bundle_inventory_only),
                # A list that no setting names is one that is being emptied: its on-order stays what it is.
                _element("on-order", self._on_order.get(group)),
            ],
        )


class PriceHeaders:
    """Headers of price books.

    Args:
        settings: the integration's: `prices.feed.header` and `.headers`.
    """

    def __init__(self, settings: Settings) -> None:
        self._default = settings.prices.feed.header
        self._own = settings.prices.feed.headers

    def of(self, group: str, currency: str | None) -> str:
        """Give a book's header.

        Raises:
            SettingsError: the book is its own parent.
        """
        header: PriceHeader = self._own.get(group, self._default)
        # The header of all books names the parent of all but the parent itself.
        parent = header.parent if group in self._own or header.parent != group else None
        if parent == group:
            raise SettingsError(f"prices.feed.headers.{group}.parent: a book cannot be its own parent; name another")
        return _header(
            "pricebook-id",
            group,
            [
                _element("currency", currency),
                *_localised("display-name", header.display_name),
                *_localised("description", header.description),
                _element("online-flag", header.online),
                _element("online-from", header.online_from),
                _element("online-to", header.online_to),
                _element("parent", parent),
            ],
        )


def headers_of(form: Form, settings: Settings) -> Headers:
    """Give the headers of a kind of feed."""
    return InventoryHeaders(settings) if form is INVENTORY else PriceHeaders(settings)


def _header(attribute: str, group: str, elements: Iterable[str]) -> str:
    return f'<header {attribute}="{escape(group, attribute=True)}">{"".join(elements)}</header>\n'


def _element(name: str, value: str | bool | datetime | None) -> str:
    text = text_of(value)
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def _localised(name: str, texts: dict[str, str]) -> list[str]:
    return [
        f'<{name} xml:lang="{escape(locale, attribute=True)}">{escape(text)}</{name}>' for locale, text in texts.items()
    ]
