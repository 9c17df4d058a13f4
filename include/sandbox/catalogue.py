"""What the sandbox's shop sells and its ERP knows: one small catalogue that both sides share.

Ids match `include/integrations/sfcc_netsuite.yaml`. Prices are units of the currency, net of nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Product:
    """A thing for sale. `kind` is inventory, kit or non_inventory; `members` are sku and quantity."""

    sku: str
    name: str
    price: Decimal
    kind: str = "inventory"
    brand: str = "Nordlicht"
    members: tuple[tuple[str, int], ...] = ()


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
}
"""Internal id -> (name, subsidiary)."""

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
