"""The two kinds of feeds, as Salesforce's schemas have them: inventory.xsd and pricebook.xsd.

Only what a feed is sent for is told here: elements that SFCC works out by itself (`ats`, `turnover` …) are named, so
that a mapping which asks for them is refused with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Kind:
    """What an element or attribute may hold.

    Attributes:
        pattern: what its text must match as a whole (RE2); None: anything.
        says: the same for people.
        longest: greatest number of characters; None: no limit.
    """

    pattern: str | None
    says: str
    longest: int | None = None


AMOUNT = Kind(r"\+?[0-9]+(?:\.[0-9]*)?", "a number of zero or more")
FLAG = Kind("true|false", "true or false")
MOMENT = Kind(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z", "a moment in UTC, 2026-11-22T00:15:00Z"
)
DAY = Kind("[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day, 2026-11-22")
ID = Kind(
    "[^ \t\n\r\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^ \t\n\r\x00-\x1f\x7f])?",
    "a text without control characters and without blanks around it",
    100,
)
GROUP = Kind(ID.pattern, ID.says, 256)
MODE = Kind("delete|delete-all", "delete or delete-all")
CUSTOM = "custom-attributes"
TIERS = "tiers"


@dataclass(frozen=True)
class Form:
    """How one kind of feed is built.

    Attributes:
        record: the neutral record it tells of.
        rows: kind of its rows, a key of `cartage.records.batch.KINDS`.
        file: what names of its files begin with.
        namespace: of all elements.
        root: the outermost element.
        group: element of a list or book.
        group_id: attribute of its header that names it.
        items: element around its records.
        item: element of a record.
        elements: what a record may hold, in the schema's order: elements, and attributes with an ``@``.
        lists: elements that stand several times, with the child rows that they are made of.
        computed: elements that SFCC works out by itself, and refuses.
        actions: whether rows have a column `action`: put, replace or delete.
    """

    record: str
    rows: str
    file: str
    namespace: str
    root: str
    group: str
    group_id: str
    items: str
    item: str
    elements: Mapping[str, Kind]
    lists: Mapping[str, str] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()
    actions: bool = False


INVENTORY = Form(
    record="stock",
    rows="inventory_feed",
    file="inventory",
    namespace="http://www.demandware.com/xml/impex/inventory/2007-05-31",
    root="inventory",
    group="inventory-list",
    group_id="list-id",
    items="records",
    item="record",
    elements={
        "@product-id": ID,
        "@mode": Kind("delete", "delete"),
        "allocation": AMOUNT,
        "allocation-timestamp": MOMENT,
        "perpetual": FLAG,
        "preorder-backorder-handling": Kind("none|preorder|backorder", "none, preorder or backorder"),
        "preorder-backorder-allocation": AMOUNT,
        "in-stock-date": DAY,
        "in-stock-datetime": MOMENT,
        CUSTOM: Kind(None, "a text"),
    },
    computed=frozenset({"ats", "on-order", "turnover"}),
)

PRICES = Form(
    record="price",
    rows="price_feed",
    file="pricebook",
    namespace="http://www.demandware.com/xml/impex/pricebook/2006-10-31",
    root="pricebooks",
    group="pricebook",
    group_id="pricebook-id",
    items="price-tables",
    item="price-table",
    elements={
        "@product-id": ID,
        "@mode": MODE,
        "online-from": MOMENT,
        "online-to": MOMENT,
        "amount": AMOUNT,
        "price-info": Kind(None, "a text", 256),
    },
    lists={"amount": TIERS},
    actions=True,
)

FORMS = {form.record: form for form in (INVENTORY, PRICES)}
