"""OCAPI's Shop API, as far as a visitor sees what the feeds bring: prices, availability and stores.

Shapes after Salesforce's reference (OCAPI Shop API 23.2): ``product`` with its ``prices`` by book, ``inventory`` of
an availability answer, ``store``. No API of SFCC shows whole price tables; the control routes below do.

``GET /sandbox/control/pricebooks``               headers of all books
``GET /sandbox/control/pricebooks/{id}``          a header and its tables: ``?start=0&count=200``, or ``?product=…``
``GET /sandbox/control/stores``                   all stores
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import Route

from sandbox.catalogue import SITES
from sandbox.sfcc.control import PATH
from sandbox.sfcc.exact_json import dumps
from sandbox.sfcc.inventory import SITE_LISTS
from sandbox.sfcc.ocapi import Fault, answered, faults_answered, page_of

if TYPE_CHECKING:
    from decimal import Decimal

    from starlette.requests import Request

    from sandbox.sfcc.account_manager import AccountManager
    from sandbox.sfcc.prices import PriceTable
    from sandbox.sfcc.store import ShopStore

    Json = dict[str, Any]

SHOP = "/s/{site}/dw/shop/{version}"
_SITES = {site.site: site for site in SITES}


class ShopApi:
    """The Shop API of all sites."""

    def __init__(self, store: ShopStore, accounts: AccountManager) -> None:
        self._store = store
        self._accounts = accounts

    def routes(self) -> list[Route]:
        """Give the routes, with the paths of the real service, and those of the control."""
        served = {
            SHOP + "/products/{product_id}/prices": self.prices,
            SHOP + "/products/{product_id}/availability": self.availability,
            SHOP + "/stores/{store_id}": self.store,
        }
        return [
            *(Route(path, faults_answered(handler, self._admit), methods=["GET"]) for path, handler in served.items()),
            Route(f"{PATH}/pricebooks", self.books, methods=["GET"]),
            Route(f"{PATH}/pricebooks/{{book_id}}", self.book, methods=["GET"]),
            Route(f"{PATH}/stores", self.stores, methods=["GET"]),
        ]

    def _admit(self, request: Request) -> None:
        """See that the request names a site and the client, as visitors' requests do."""
        client = request.query_params.get("client_id") or request.headers.get("x-dw-client-id")
        if not client:
            raise Fault(403, "MissingClientIdException", "The client id is missing.")
        if client != self._accounts.client.client_id:
            raise Fault(403, "UnknownClientIdException", "The client id is not known.")
        if request.path_params["site"] not in _SITES:
            raise Fault(404, "UnknownSiteException", "There is no such site.", siteId=request.path_params["site"])

    def _product(self, request: Request) -> str:
        product_id: str = request.path_params["product_id"]
        if product_id not in self._store.inventory.known_products([product_id]):
            message = f"No product with ID '{product_id}' for site '{request.path_params['site']}' could be found."
            raise Fault(404, "ProductNotFoundException", message, productId=product_id)
        return product_id

    async def prices(self, request: Request, version: str) -> Response:
        """Answer ``GET …/products/{id}/prices``: what one unit costs now, by book; the lowest is the price."""
        product_id, site = self._product(request), _SITES[request.path_params["site"]]
        currency = request.query_params.get("currency", site.currencies[0])
        prices = {
            book.book_id: self._store.prices.price(book, product_id)
            for book in self._store.prices.books()
            if book.currency == currency
        }
        known = {book_id: price for book_id, price in prices.items() if price is not None}
        found: Json = {"_type": "product", "currency": currency, "id": product_id, "prices": known}
        if known:
            found["price"] = min(known.values())
        return answered(found, version)

    async def availability(self, request: Request, version: str) -> Response:
        """Answer ``GET …/products/{id}/availability``, of the site's list or of ``inventory_ids``."""
        product_id, site = self._product(request), request.path_params["site"]
        inventories = []
        for list_id in (request.query_params.get("inventory_ids") or SITE_LISTS[site]).split(","):
            units = self._store.inventory.available(list_id, product_id)
            one: Json = {"_type": "inventory", "id": list_id, "orderable": units is None or units > 0}
            inventories.append(one | ({} if units is None else {"ats": units}) | {"perpetual": units is None})
        found: Json = {"_type": "product", "id": product_id, "inventory": inventories[0], "inventories": inventories}
        return answered(found, version)

    async def store(self, request: Request, version: str) -> Response:
        """Answer ``GET …/stores/{id}``."""
        store_id = request.path_params["store_id"]
        found = self._store.stores.get(store_id)
        if found is None:
            raise Fault(404, "StoreNotFoundException", f"No store with ID '{store_id}' was found.", storeId=store_id)
        return answered({"_type": "store", **found}, version)

    async def books(self, _: Request) -> Response:
        """Give the headers of all books."""
        return _plain({"books": [vars(book) for book in self._store.prices.books()]})

    async def book(self, request: Request) -> Response:
        """Give a book's header and tables."""
        book = self._store.prices.book(request.path_params["book_id"])
        if book is None:
            return _plain({"error": "no such price book"}, 404)
        product = request.query_params.get("product")
        if product:
            tables = list(self._store.prices.tables(book.book_id, [product])[product].values())
            total = len(tables)
        else:
            start, count = page_of(request.query_params.get("start", 0), request.query_params.get("count", 200))
            tables, total = self._store.prices.page(book.book_id, start, count)
        return _plain({"header": vars(book), "total": total, "tables": [_table(each) for each in tables]})

    async def stores(self, _: Request) -> Response:
        """Give all stores."""
        return _plain({"stores": self._store.stores.all()})


def _plain(body: Json, status: int = 200) -> Response:
    return Response(dumps(body), status, media_type="application/json")


def _table(table: PriceTable) -> Json:
    return {
        "product": table.product_id,
        "online_from": table.online_from or None,
        "online_to": table.online_to,
        "info": table.info,
        "amounts": {_key(each.quantity): each.value for each in table.tiers if not each.percentage},
        "percentages": {_key(each.quantity): each.value for each in table.tiers if each.percentage},
    }


def _key(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")
