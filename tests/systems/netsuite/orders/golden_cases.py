"""Orders and customers, one for each variety and each setting, whose payloads stand in `golden/`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from neutral import (
    adjustment,
    card,
    certificate_payment,
    customers,
    money,
    orders,
    product,
    shipment,
    shipping,
    shop_order,
)

if TYPE_CHECKING:
    from cartage.records.batch import Batch


@dataclass(frozen=True)
class Case:
    """A batch, and what is changed under `settings.orders` and elsewhere in the settings."""

    batch: Batch
    orders: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)


def basket(*lines: dict[str, Any], **others: Any) -> dict[str, Any]:
    """An order with these lines and its shipping."""
    return shop_order(lines=[*lines, shipping("4.95", "0.94", line_id="s1")], **others)


def jacket(**others: Any) -> dict[str, Any]:
    """A jacket for 100.00 and 19 % tax."""
    return product("NL-1000", "100.00", "19.00", base_price="100.00", **others)


def coat(**others: Any) -> dict[str, Any]:
    """A coat for 33.33 and 19 % tax."""
    return product("NL-1001", "33.33", "6.33", base_price="33.33", **others)


def warranty(**others: Any) -> dict[str, Any]:
    """An option for 14.90."""
    option = {
        "product_id": "WARRANTY-2Y",
        "product_name": "Warranty, two years",
        "option_id": "warranty",
        "value_id": "2y",
    }
    return option | money("14.90", "2.83") | others


def gift_certificate(net: str) -> dict[str, Any]:
    """A gift certificate sold."""
    people = {"recipient_name": "Max", "recipient_email": "max@example.com", "sender_name": "Erika"}
    words = {"certificate_message": "Have fun", "certificate_merchant_id": "M-1", "certificate_id": "GC-SOLD"}
    return {"kind": "gift_certificate", "shipment_id": "me"} | people | words | money(net, "0")


def discounted() -> dict[str, Any]:
    """A discount on a line and one on the order."""
    first = jacket(adjustments=[adjustment("ten-off", "-10.00", "-1.90", coupon_id="TEN")])
    return basket(first, coat(), coat(), adjustments=[adjustment("five-off", "-5.00", "-0.95", scope="order")])


def two_shipments(**others: Any) -> dict[str, Any]:
    """Two parcels to two addresses, paid by a gift certificate and a capture."""
    away = {"ship_first_name": "Omar", "ship_address1": "Platz 9", "ship_city": "Bremen", "ship_postal_code": "28195"}
    return shop_order(
        lines=[
            jacket(),
            coat(shipment_id="away"),
            shipping("4.95", "0.94", line_id="s1"),
            shipping("12.90", "2.45", shipment_id="away", line_id="s2"),
        ],
        adjustments=[adjustment("ten-off", "-10.00", "-1.90", scope="order")],
        shipments=[shipment("me"), shipment("away", shipping_method="EXPRESS", **away)],
        payments=[certificate_payment("20.00"), card("CAPTURE", "148.00")],
        **others,
    )


def pick_up() -> dict[str, Any]:
    """One line to pick up in a store, in a shipment that says which."""
    return shop_order(
        lines=[jacket(shipment_id="store")],
        shipments=[shipment("store", shipping_method="PICKUP", attributes={"fromStoreId": "store-berlin"})],
    )


def taxed_thrice() -> dict[str, Any]:
    """A line with three taxes, and a discount after which they must still add up."""
    parts = [("state_NJ", "0.06625", "6.63"), ("county", "0.01", "1.00"), ("city", "0.00625", "0.62")]
    items = [{"tax_id": name, "rate": rate, "amount": amount} for name, rate, amount in parts]
    line = product("NL-1000", "100.00", "8.25", rate="0.0825", tax_items=items)
    line["adjustments"] = [adjustment("ten-off", "-10.00", "-0.83")]
    return basket(line, site="RefArchUS", currency="USD", bill_country_code="US")


def guest(**others: Any) -> dict[str, Any]:
    """An order of somebody who did not sign in."""
    return basket(jacket(), customer_no=None, customer_guest=True, customer_email=" Gast@Example.com ", **others)


def words() -> dict[str, Any]:
    """Everything around the goods: gift messages, attributes, notes, where it came from."""
    line = jacket(gift=True, gift_message="For you", attributes={"engraving": "E.B.", "wrap": "red"})
    return basket(
        line,
        shipments=[shipment("me", gift=True, gift_message="All the best", attributes={"dropPoint": "garage"})],
        attributes={"loyaltyTier": "gold", "campaign": "spring"},
        notes=[{"subject": "Call", "text": "Customer called", "created_by": "agent"}],
        source_code="newsletter",
        source_code_group="mail",
        affiliate_partner_name="Blog",
        affiliate_partner_id="b1",
        channel_type="CallCenter",
        customer_order_reference="PO 4711",
        invoice_no="INV-1",
    )


def of(*given: dict[str, Any]) -> Batch:
    """A batch of orders."""
    return orders(*given)


CASES: dict[str, Case] = {
    "plain_net": Case(of(basket(jacket()))),
    "plain_gross": Case(
        of(basket(product("NL-1003", "47.08", "9.89", "3", "0.21", base_price="18.99"), taxation="gross"))
    ),
    "site_in_new_york": Case(of(basket(jacket(), site="RefArchUS", currency="USD"))),
    "discounts_netted": Case(of(discounted())),
    "discounts_item_line": Case(of(discounted()), {"discounts": "item_line"}),
    "discounts_header": Case(of(discounted()), {"discounts": "header"}),
    "shipping_discounts": Case(
        of(
            shop_order(
                lines=[jacket(), shipping("12.90", "2.45", adjustments=[adjustment("half", "-6.45", "-1.23")])],
                adjustments=[adjustment("one-off", "-1.00", "-0.19", scope="shipping")],
            )
        )
    ),
    "shipping_item_line": Case(of(basket(jacket())), {"shipping": "item_line"}),
    "shipping_of_a_product": Case(
        of(
            basket(
                jacket(product_shipping=[{"shipping_type": "surcharge", "tax_rate": "0.19"} | money("3.00", "0.57")])
            )
        )
    ),
    "options_line": Case(of(basket(jacket(options=[warranty()])))),
    "options_memo": Case(of(basket(jacket(options=[warranty()]))), {"options": "memo"}),
    "bundles_kit": Case(
        of(basket(product("SET-CAMP", "99.00", "18.81", bundled=[{"product_id": "NL-1008", "quantity": "1"}])))
    ),
    "bundles_exploded": Case(
        of(
            basket(
                product(
                    "SET-CAMP",
                    "99.00",
                    "18.81",
                    bundled=[{"product_id": "NL-1008", "quantity": "1"}, {"product_id": "NL-1009", "quantity": "2"}],
                )
            )
        ),
        {"bundles": "exploded"},
    ),
    "bonus": Case(of(basket(jacket(), coat(adjustments=[adjustment("free-coat", "-33.33", "-6.33")])))),
    "certificate_sold_as_liability": Case(of(basket(jacket(), gift_certificate("50.00")))),
    "certificate_sold_as_item": Case(
        of(shop_order(lines=[gift_certificate("50.00")], shipments=[shipment("me", shipping_method=None)])),
        {"gift_certificate_sale": "gift_certificate_item"},
    ),
    "certificate_tender_negative_line": Case(
        of(basket(jacket(), payments=[certificate_payment("20.00"), card("AUTH", "104.89")]))
    ),
    "certificate_tender_deposit": Case(
        of(basket(jacket(), payments=[certificate_payment("20.00"), card("AUTH", "104.89")])),
        {"gift_certificate_tender": "deposit"},
    ),
    "payment_captured": Case(of(basket(jacket(), payments=[card("CAPTURE", "124.89")]))),
    "payment_of_paid_order": Case(of(basket(jacket(), payments=[card("AUTH")], payment_status="PAID"))),
    "payment_never_a_deposit": Case(
        of(basket(jacket(), payments=[card("CAPTURE", "124.89")])), {"payments": {"credit_card": {"deposit": "never"}}}
    ),
    "two_shipments": Case(of(two_shipments())),
    "two_shipments_multi_ship_to": Case(of(two_shipments()), {"addresses": "multi_ship_to"}),
    "pickup_line": Case(of(pick_up())),
    "pickup_header": Case(of(pick_up()), {"pickup": {"place": "header"}}),
    "pickup_by_inventory_list": Case(of(shop_order(lines=[jacket(inventory_list_id="store-munich")]))),
    "tax_line": Case(of(basket(jacket(), product("NL-1001", "33.33", "2.33", rate="0.07"))), {"tax": "tax_line"}),
    "tax_erp": Case(of(basket(jacket())), {"tax": "erp"}),
    "tax_items": Case(of(taxed_thrice()), {"tax_codes": {"state_NJ": "11", "0.01": "12"}}),
    "words": Case(
        of(words()), {"attributes": {"order": {"loyaltyTier": "custbody_tier"}, "line": {"engraving": "custcol_text"}}}
    ),
    "replacement": Case(
        of(
            basket(
                jacket(),
                replaced_order_no="00016",
                original_order_no="00016",
                replace_code="size",
                payments=[card("CAPTURE", "124.89")],
            )
        )
    ),
    "replaced": Case(of(basket(jacket(), order_status="REPLACED", replacement_order_no="00018"))),
    "cancelled": Case(
        of(basket(jacket(), order_status="CANCELLED", cancel_code="customer", cancel_description="Changed mind"))
    ),
    "cancelled_two_shipments": Case(of(two_shipments(order_status="CANCELLED"))),
    "business": Case(of(basket(jacket(), business_type="B2B", bill_company_name="Bergbau-Werke AG"))),
    "guest_by_email": Case(of(guest())),
    "guest_one_each": Case(of(guest()), others={"customers": {"guests": "one_each"}}),
    "guest_default_customer": Case(
        of(guest()), others={"customers": {"guests": "default_customer", "default_guest_customer": "900"}}
    ),
    "customer_person": Case(
        customers(
            {
                "customer_no": "00000007",
                "list_id": "RefArch",
                "login": "erika",
                "first_name": "Erika",
                "last_name": "Beispiel",
                "email": "erika@example.com",
                "phone_mobile": "+49 170 1234567",
                "locale": "de_DE",
                "created_at": datetime(2026, 1, 1, tzinfo=UTC),
                "groups": ["VIP", "Everyone"],
                "attributes": {"shoeSize": "38"},
                "addresses": [
                    {
                        "address_id": "Home",
                        "preferred": True,
                        "first_name": "Erika",
                        "last_name": "Beispiel",
                        "address1": "Weg 1",
                        "suite": "4b",
                        "city": "Hamburg",
                        "postal_code": "20095",
                        "country_code": "de",
                    },
                    {
                        "address_id": "Work",
                        "preferred": False,
                        "company_name": "Kontor",
                        "first_name": "Erika",
                        "address1": "Platz 2",
                        "city": "Bremen",
                        "country_code": "de",
                    },
                ],
            }
        )
    ),
    "customer_company": Case(
        customers(
            {
                "customer_no": "B-1",
                "company_name": "Bergbau-Werke AG",
                "first_name": "Petra",
                "last_name": "Einkauf",
                "email": "einkauf@example.com",
            }
        )
    ),
}
