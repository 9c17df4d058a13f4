"""What the sandbox's shop sells and its ERP knows: one small catalogue that both sides share.

Ids match `include/integrations/sfcc_netsuite.yaml`. Prices are units of the currency, net of nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """A thing for sale.

    Attributes:
        sku: the shop's product id, and the name of the ERP's item.
        name: what it is called.
        price: of one, in any currency.
        kind: inventory, assembly, kit or non_inventory.
        brand: who makes it.
        members: of a kit, sku and quantity.
        handling: what may be sold beyond the stock: none, preorder or backorder.
        backorder: how many units of that.
        in_stock_days: it is expected back so many days after the account was set up.
        perpetual: never sold out.
        safety: units that the shop never sells.
        inactive: no longer sold, by the ERP.
        in_shop: whether the shop knows it.
    """

    sku: str
    name: str
    price: Decimal
    kind: str = "inventory"
    brand: str = "Nordlicht"
    members: tuple[tuple[str, int], ...] = ()
    handling: str = "none"
    backorder: int = 0
    in_stock_days: int | None = None
    perpetual: bool = False
    safety: int = 0
    inactive: bool = False
    in_shop: bool = True


@dataclass(frozen=True)
class Location:
    """Where the ERP keeps stock.

    Attributes:
        kind: 1 store, 2 warehouse, as NetSuite counts them.
        address: street, city, postal code, state, country, phone.
        latitude: degrees.
        longitude: degrees.
        buffer: units of everything that are kept back there.
    """

    kind: str
    address: tuple[str, str, str, str, str, str]
    latitude: Decimal
    longitude: Decimal
    buffer: int = 0


@dataclass(frozen=True)
class InventoryList:
    """An inventory list of the shop: the locations that add up to it, and the site whose orders take from it."""

    locations: tuple[str, ...]
    site: str | None = None


@dataclass(frozen=True)
class PriceBook:
    """A price book of the shop: its currency, and the price level that it is made of."""

    currency: str
    level: str
    parent: str | None = None


@dataclass(frozen=True)
class Site:
    """A site of the shop and its home in the ERP."""

    site: str
    zone: str
    locale: str
    currencies: tuple[str, ...]
    taxation: str
    tax_rate: Decimal
    subsidiary: str
    location: str
    country: str
    stores: tuple[str, ...]


_NAMES = (
    "Trail Jacket", "Rain Coat", "Wool Jumper", "Linen Shirt", "Walking Boot", "Canvas Shoe", "Day Pack", "Head Torch",
    "Camping Stove", "Water Bottle", "Down Vest", "Merino Sock", "Climbing Rope", "Bike Helmet", "Rug per Metre",
    "Cap & Scarf", "Gants d'été", "Größenrock", "Tea <Assam>", "Pocket Knife",
)  # fmt: skip
_PRICES = (
    "129.90", "89.00", "79.95", "18.99", "149.00", "59.50", "45.00", "24.99", "64.90", "12.00",
    "110.00", "9.95", "99.99", "54.45", "33.33", "21.01", "19.90", "139.00", "7.77", "0.99",
)  # fmt: skip

PRODUCTS: tuple[Product, ...] = (
    *(
        Product(f"NL-{1000 + i}", name, Decimal(price))
        for i, (name, price) in enumerate(zip(_NAMES, _PRICES, strict=True))
    ),
    Product("0012345678905", "Bar-coded Mug", Decimal("8.50")),  # leading zeros: an EAN is text, never a number
    Product("GIFT-WRAP", "Gift wrapping", Decimal("3.50"), "non_inventory"),
    Product("WARRANTY-2Y", "Warranty, two years", Decimal("14.90"), "non_inventory"),
    Product("MONOGRAM", "Monogram", Decimal("5.00"), "non_inventory"),
    Product("SET-CAMP", "Camping set", Decimal("99.00"), "kit", members=(("NL-1008", 1), ("NL-1009", 2))),
    Product(
        "SET-TRAIL", "Trail set", Decimal("189.00"), "kit", members=(("NL-1000", 1), ("NL-1006", 1), ("NL-1011", 3))
    ),
)

STOCK_CASES: tuple[Product, ...] = (
    Product("NL-1100", "Winter Parka", Decimal("249.00"), handling="preorder", backorder=50, in_stock_days=30),
    Product("NL-1101", "Canvas Tent", Decimal("329.00"), handling="backorder", backorder=20, in_stock_days=14),
    Product("NL-1102", "Old Rucksack", Decimal("39.00"), inactive=True),
    Product("NL-1103", "Bike Trailer", Decimal("289.00"), "assembly", safety=2),
    Product("TRAIL-GUIDE", "Trail Guide, Download", Decimal("9.90"), "non_inventory", perpetual=True),
    Product("SET-TENT", "Tent set", Decimal("349.00"), "kit", members=(("NL-1101", 1), ("NL-1009", 4), ("TRAIL-GUIDE", 1))),
    Product("NL-9001", "Workshop Screws", Decimal("4.20"), in_shop=False),
)  # fmt: skip
"""What the ERP holds besides, and the generators put into no order: each is a case of its own for stock."""

STOCK_CASE_LEVELS: dict[str, dict[str, int]] = {
    "NL-1100": {},
    "NL-1101": {"1": 3},
    "NL-1102": {"1": 40, "2": 2},
    "NL-1103": {"1": 12, "4": 8},
    "NL-9001": {"1": 500},
}
"""Sku -> location -> units on hand; a location that is left out never counted the item."""

SHELF = 1000
"""Units of each of PRODUCTS that is counted, on the shelves of a location."""

OTHER_SHELVES = {"6": 200, "7": 5}
"""Location -> units there, where it is not SHELF."""

CLASSES = {"1": "Equipment", "2": "Clothing"}
"""Internal id -> class of items; the shop's categories."""

CLOTHING = frozenset(f"NL-{number}" for number in (1000, 1001, 1002, 1003, 1010, 1011, 1015, 1016, 1017, 1100))
"""Skus of class 2; all others are of class 1."""

OPTIONS: dict[str, tuple[str, str]] = {
    "WARRANTY-2Y": ("warranty", "2y"),
    "MONOGRAM": ("monogram", "initials"),
    "GIFT-WRAP": ("wrapping", "paper"),
}
"""Option product -> (option id, value id)."""

SITES: tuple[Site, ...] = (
    Site("RefArch", "Europe/Berlin", "de_DE", ("EUR", "GBP"), "gross", Decimal("0.19"), "1", "1", "DE",
         ("store-berlin", "store-munich")),
    Site("RefArchUS", "America/New_York", "en_US", ("USD",), "net", Decimal("0.0825"), "2", "4", "US", ("store-boston",)),
)  # fmt: skip

SUBSIDIARIES = {"1": ("Nordlicht GmbH", "EUR"), "2": ("Nordlicht Inc.", "USD")}
CURRENCIES = {"1": ("EUR", 2), "2": ("USD", 2), "3": ("GBP", 2), "4": ("JPY", 0)}
LOCATIONS = {
    "1": ("Warehouse Hamburg", "1"),
    "2": ("store-berlin", "1"),
    "3": ("store-munich", "1"),
    "4": ("Warehouse Newark", "2"),
    "5": ("store-boston", "2"),
    "6": ("Logistics Partner Bremen", "1"),
    "7": ("Showroom Leipzig", "1"),
}
"""Internal id -> (name, subsidiary)."""

_WAREHOUSE, _STORE = "2", "1"
LOCATION_DETAILS: dict[str, Location] = {
    "1": Location(_WAREHOUSE, ("Speicherstr. 1", "Hamburg", "20457", "HH", "DE", "+49 40 1234560"), Decimal("53.5433"), Decimal("9.9886")),
    "2": Location(_STORE, ("Torstr. 12", "Berlin", "10119", "BE", "DE", "+49 30 1234561"), Decimal("52.5293"), Decimal("13.4015"), 2),
    "3": Location(_STORE, ("Sendlinger Str. 8", "München", "80331", "BY", "DE", "+49 89 1234562"), Decimal("48.1351"), Decimal("11.5701"), 2),
    "4": Location(_WAREHOUSE, ("100 Port St", "Newark", "07114", "NJ", "US", "+1 973 5550100"), Decimal("40.6968"), Decimal("-74.1497")),
    "5": Location(_STORE, ("210 Newbury St", "Boston", "02116", "MA", "US", "+1 617 5550101"), Decimal("42.3503"), Decimal("-71.0810"), 1),
    "6": Location(_WAREHOUSE, ("Hafenrandstr. 3", "Bremen", "28197", "HB", "DE", "+49 421 1234563"), Decimal("53.1211"), Decimal("8.7337")),
    "7": Location(_STORE, ("Grimmaische Str. 2", "Leipzig", "04109", "SN", "DE", "+49 341 1234564"), Decimal("51.3397"), Decimal("12.3789")),
}  # fmt: skip
"""More of each location. Number 7 has no home in the shop: neither a list nor a store."""

INVENTORY_LISTS: dict[str, InventoryList] = {
    "RefArch-inventory": InventoryList(("1", "6"), "RefArch"),
    "RefArchUS-inventory": InventoryList(("4",), "RefArchUS"),
    "store-berlin": InventoryList(("2",)),
    "store-munich": InventoryList(("3",)),
    "store-boston": InventoryList(("5",)),
}
"""Inventory lists of the shop; a store's list has the store's id."""

PRICE_LEVELS = {
    "-1": "Custom",
    "1": "Base Price",
    "2": "Wholesale",
    "3": "Employee",
    "5": "Online Price",
    "6": "Sale",
}
"""Internal id -> price level."""

PRICE_GROUPS = {"1": "Outdoor", "2": "Apparel"}
"""Internal id -> group of items that customers get another price level for; by class of the item."""

PRICE_BOOKS: dict[str, PriceBook] = {
    "eur-list": PriceBook("EUR", "1"),
    "usd-list": PriceBook("USD", "1"),
    "gbp-list": PriceBook("GBP", "1"),
    "eur-sale": PriceBook("EUR", "6", "eur-list"),
    "eur-wholesale": PriceBook("EUR", "2"),
}
"""Price books of the shop."""

QUANTITY_BREAKS: dict[str, tuple[tuple[int, Decimal], ...]] = {
    "NL-1001": ((10, Decimal("85.00")), (100, Decimal("79.00"))),
    "NL-1011": ((3, Decimal("8.95")),),
}
"""Sku -> units and price from there on, at the base price level."""

SALE_PRICES = {"NL-1002": Decimal("59.95"), "NL-1010": Decimal("89.00")}
"""Sku -> its price in euro at the level Sale, from a week before the account was set up to a fortnight after."""

CARRIERS = {"111": "DHL", "112": "UPS", "113": "DPD"}
"""NetSuite shipItem id -> carrier, chosen when goods leave; the shop's methods are others."""

SHIPPING_METHODS = {
    "STANDARD": ("101", Decimal("4.95")),
    "EXPRESS": ("102", Decimal("12.90")),
    "PICKUP": ("103", Decimal(0)),
}
"""SFCC method -> (NetSuite shipItem id, price)."""

SPECIAL_ITEMS = {
    "discount": "discountItem",
    "shipping": "otherChargeSaleItem",
    "sales-tax": "otherChargeSaleItem",
    "gift-certificate": "otherChargeSaleItem",
    "gift-certificate-tender": "otherChargeSaleItem",
}
"""Item id (itemid) of the items that stand for what is no product -> NetSuite record type."""

TAX_CODES = {"10": "Sales tax"}
ACCOUNTS = {"200": "Undeposited Funds"}
PAYMENT_METHODS = {"1": "Card", "7": "Gift certificate"}
