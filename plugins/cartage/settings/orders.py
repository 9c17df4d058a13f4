"""Settings of the flow of orders: how an order of the shop lands in the ERP."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field, model_validator

from cartage.settings.alerts import Silence
from cartage.settings.drops import Drops
from cartage.yamlfile import Strict, wrong

_FOLDER = "/outbound/orders"
_PATTERN = r"(?P<site>[A-Za-z0-9-]+)_orders_(?P<exported_at>\d{8}T?\d{6}).*\.xml(\.gz)?"

OrderStatus = Literal["CREATED", "NEW", "OPEN", "CANCELLED", "COMPLETED", "REPLACED", "FAILED"]
ConfirmationStatus = Literal["NOT_CONFIRMED", "CONFIRMED"]
PaymentStatus = Literal["NOT_PAID", "PART_PAID", "PAID"]
ExportStatus = Literal["NOT_EXPORTED", "READY", "EXPORTED", "FAILED"]


def _drops() -> Drops:
    return Drops(folder=_FOLDER, pattern=_PATTERN, archive=f"{_FOLDER}/archive", rejected=f"{_FOLDER}/rejected")


class Api(Strict):
    """Orders read by SCAPI."""

    window_field: Literal["last_modified", "creation_date"] = Field(
        default="last_modified", description="Which date of an order a run's window means."
    )
    page_size: int = Field(default=200, ge=1, le=200, description="Orders a page; SCAPI gives at most 200.")


class Take(Strict):
    """Which orders are taken, by their statuses; all others are skipped, by name. An empty list takes all."""

    order_status: tuple[OrderStatus, ...] = Field(
        default=("NEW", "OPEN", "COMPLETED", "CANCELLED", "REPLACED"), description="Order statuses that are taken."
    )
    confirmation_status: tuple[ConfirmationStatus, ...] = Field(
        default=("CONFIRMED",), description="Confirmation statuses that are taken."
    )
    payment_status: tuple[PaymentStatus, ...] = Field(default=(), description="Payment statuses that are taken.")
    export_status: tuple[ExportStatus, ...] = Field(default=(), description="Export statuses that are taken.")


class Bonus(Strict):
    """How a bonus line is recognised, besides a price of zero after adjustments."""

    attribute: str | None = Field(default=None, description="Custom attribute of the line that marks it, or null.")


class Pickup(Strict):
    """Orders that are picked up in a store."""

    attribute: str | None = Field(
        default="fromStoreId",
        description="Custom attribute of line or shipment with the store's id. The inventory list may be a store too.",
    )
    place: Literal["line", "header"] = Field(
        default="line", description="Where the store's location goes: on each line, or on the sales order."
    )


class Items(Strict):
    """The ERP's items that stand for what is no product, by the name in `sku_field`; null where none is needed."""

    discount: str | None = Field(default=None, description="Item of discounts, unless they are netted.")
    shipping: str | None = Field(default=None, description="Item of shipping lines.")
    tax: str | None = Field(default=None, description="Item of taxes, when `tax` is `tax_line`.")
    gift_certificate: str | None = Field(default=None, description="Liability item of gift certificates sold.")
    gift_certificate_tender: str | None = Field(
        default=None, description="Item of gift certificates paid with, a negative line after tax."
    )
    rounding: str | None = Field(
        default=None, description="Item that takes a rounding difference within the tolerance; null: it stays."
    )


class PaymentRule(Strict):
    """What becomes of a payment."""

    deposit: Literal["never", "when_captured", "always"] = Field(
        default="when_captured",
        description="When a customer deposit is made: never, when the money was captured (or the order is PAID), always.",
    )
    account: str | None = Field(
        default=None, description="Internal id of the account of the deposit; null: undeposited funds."
    )


class Changes(Strict):
    """What is done when the shop cancels an order that the ERP already has.

    Any other change of an order that people or the warehouse touched is quarantined, whatever is set; where nothing but
    payments changed, the order is left alone and what was captured becomes a deposit.
    """

    cancel: Literal["close_lines", "quarantine"] = Field(
        default="close_lines", description="The shop cancelled it: close its unfulfilled lines, or ask a person."
    )


class AcknowledgeFeed(Strict):
    """The file that tells the shop what was taken, when `acknowledge` is `feed`."""

    folder: str = Field(
        default="/inbound/acknowledgements", pattern=r"^/", description="Folder on the shop's SFTP server."
    )


class Attributes(Strict):
    """Custom attributes of the shop that are carried to custom fields of the ERP."""

    order: dict[str, str] = Field(
        default_factory=dict,
        description="Of orders, else of their shipments, else of their payments: `custbody_...` field by attribute id. What "
        "orders and shipments have besides stands together in `custbody_ctg_attributes`, where `shipment.x` is what a shipment "
        "says otherwise than its order; of payments nothing else is sent.",
    )
    line: dict[str, str] = Field(default_factory=dict, description="Of lines: `custcol_...` field by attribute id.")

    @model_validator(mode="after")
    def _check_fields(self) -> Attributes:
        for owner, prefix in (("order", "custbody_"), ("line", "custcol_")):
            for attribute, field in getattr(self, owner).items():
                if not field.startswith(prefix):
                    raise wrong(
                        f"`{field}` is no custom field of the {owner}; its id starts with `{prefix}`", owner, attribute
                    )
        return self


class Orders(Strict):
    """Orders: where they are read, which are taken, and how they land."""

    source: Literal["drops", "api"] = Field(
        default="drops", description="Order exports on SFTP, or SCAPI Orders by window."
    )
    drops: Drops = Field(default_factory=_drops, description="Order exports that the shop leaves as files.")
    api: Api = Field(default_factory=Api, description="Orders read by SCAPI.")
    take: Take = Field(default_factory=Take, description="Which orders are taken.")
    max_quarantined_share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Share of a run's records (0 to 1) in quarantine above which the run halts before anything is sent.",
    )
    max_quarantined_min: int = Field(
        default=10, ge=0, description="Fewer records than this in quarantine never halt a run, whatever their share."
    )
    discounts: Literal["netted", "item_line", "header"] = Field(
        default="netted",
        description="Discounts of lines and of the order: netted into the lines' amounts (the order's share prorated as "
        "the shop does it), a discount item line after each item, or one discount on the header.",
    )
    options: Literal["line", "memo"] = Field(
        default="line", description="Options of a product: lines of their own, or words on the product's line."
    )
    bundles: Literal["kit", "exploded"] = Field(
        default="kit", description="Bundles: one kit line, or also a line for each member at a price of zero."
    )
    bonus: Bonus = Field(default_factory=Bonus, description="How bonus lines are recognised.")
    shipping: Literal["header", "item_line"] = Field(
        default="header",
        description="Shipping cost: on the header, or an item line for each shipping line. Orders with several shipments "
        "or shipping of a product always have item lines.",
    )
    gift_certificate_sale: Literal["liability_item", "gift_certificate_item"] = Field(
        default="liability_item",
        description="A gift certificate sold: a non-taxable line on a liability item, or NetSuite's own certificate item.",
    )
    gift_certificate_tender: Literal["negative_line", "deposit"] = Field(
        default="negative_line",
        description="A gift certificate paid with: a non-taxable negative line after tax, or a deposit of its own.",
    )
    addresses: Literal["order_per_shipment", "multi_ship_to"] = Field(
        default="order_per_shipment",
        description="Several shipping addresses: a sales order for each shipment, or one with an address for each line.",
    )
    pickup: Pickup = Field(default_factory=Pickup, description="Orders that are picked up in a store.")
    tax: Literal["suitetax", "tax_line", "erp"] = Field(
        default="suitetax",
        description="Taxes: the shop's amounts as SuiteTax details, as item lines for each rate (accounts with legacy "
        "tax), or computed by NetSuite with the variance stored.",
    )
    tax_codes: dict[str, str] = Field(
        default_factory=dict,
        description="Internal ids of NetSuite tax codes by tax id or rate (`0.19`); `default` stands for all others.",
    )
    tax_types: dict[str, str] = Field(
        default_factory=dict, description="SuiteTax types by tax id or rate; `default` stands for all others."
    )
    items: Items = Field(default_factory=Items, description="Items that stand for what is no product.")
    sku_field: Literal["itemid", "externalid", "upccode"] = Field(
        default="itemid", description="Field of a NetSuite item that holds the shop's sku."
    )
    shipping_methods: dict[str, str] = Field(
        default_factory=dict, description="Internal ids of NetSuite shipping items by the shop's shipping method."
    )
    payments: dict[str, PaymentRule] = Field(
        default_factory=lambda: {"default": PaymentRule()},
        description="What becomes of a payment, by its method, kind or processor; `default` stands for all others.",
    )
    tolerance: Decimal = Field(
        default=Decimal("0.01"),
        ge=0,
        description="Difference in the order's currency, either way, that tie-out lets pass between the shop's total and the ERP's.",
    )
    closed_period: Literal["next_open_day", "quarantine"] = Field(
        default="next_open_day", description="The accounting period is closed: take the next open day, or ask a person."
    )
    changes: Changes = Field(default_factory=Changes, description="What is done when the shop cancels an order.")
    revision_sent: Literal["once", "versions"] = Field(
        default="once",
        description="`once`: an order is written once; of later versions only the notes of its payments follow, with the "
        "deposits of what was captured since. `versions`: later versions update it while nobody has touched it.",
    )
    adopt: bool = Field(
        default=True,
        description="Take over, without rewriting it, what an earlier connector wrote, found by `otherRefNum`.",
    )
    acknowledge: Literal["scapi", "feed", "none"] = Field(
        default="scapi",
        description="How the shop learns that an order was taken: SCAPI statuses, a file, or not at all.",
    )
    acknowledge_feed: AcknowledgeFeed = Field(default_factory=AcknowledgeFeed, description="The file, if it is one.")
    attributes: Attributes = Field(default_factory=Attributes, description="Custom attributes that are carried over.")
    silence: Silence | None = Field(
        default_factory=Silence, description="Alert when no order has come for long; null: never."
    )

    @model_validator(mode="after")
    def _check_items(self) -> Orders:
        """Every choice that writes an item line needs the item of that line."""
        needs = {
            "discount": self.discounts != "netted" and f"`discounts` is `{self.discounts}`",
            "shipping": self.shipping == "item_line" and "`shipping` is `item_line`",
            "tax": self.tax == "tax_line" and "`tax` is `tax_line`",
        }
        for item, why in needs.items():
            if why and not getattr(self.items, item):
                raise wrong(f"must name an item of the ERP, since {why}", "items", item)
        return self

    @model_validator(mode="after")
    def _check_payments(self) -> Orders:
        if "default" not in self.payments:
            raise wrong("has no `default:`; say what becomes of all other payments", "payments")
        return self
