# ruff: noqa: ARG001 - every change takes the order and a source of chance, whether it needs it or not
"""Words: texts that break careless readers, custom attributes, notes, codes, order numbers of every shape."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.shop.model import Attribute, Note, Order
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

_WORDS = Stage.WORDS
_ODD = (
    'Jürgen "Jo" <Müller> & Söhne',
    "山田 太郎",
    "Zoë 👩‍👩‍👧 Emoji",
    "  leading and trailing  ",
    "A & B",
    "&amp; &lt; twice escaped",
    "O’Neill — “quoted” …",  # noqa: RUF001
    "مرحبا שלום",
    "Tab\tand\nnewline",
    "Robert'); DROP TABLE orders;--",
    "=SUM(A1:A9)",
    "e\u0301 decomposed",
)


def _rename(order: Order, name: str) -> None:
    billing = order.customer.billing
    order.customer.name = name
    if billing:
        billing.last_name = name
    for shipment in order.shipments:
        if shipment.address:
            shipment.address.last_name, shipment.address.address2 = name, name


@variety(_WORDS, group="name")
def odd_names(order: Order, rng: Random) -> None:
    """A name with entities, quotes, umlauts, emoji, other scripts or spaces at its ends."""
    _rename(order, rng.choice(_ODD))


@variety(_WORDS, group="name")
def name_with_ampersand(order: Order, rng: Random) -> None:
    """A name with an ampersand, angle brackets and quotes."""
    _rename(order, _ODD[0])


@variety(_WORDS, group="name")
def name_cjk(order: Order, rng: Random) -> None:
    """A name in Chinese characters."""
    _rename(order, _ODD[1])


@variety(_WORDS, group="name")
def name_emoji(order: Order, rng: Random) -> None:
    """A name with characters beyond the basic plane."""
    _rename(order, _ODD[2])


@variety(_WORDS, group="name")
def name_with_spaces(order: Order, rng: Random) -> None:
    """A name with spaces at both ends."""
    _rename(order, _ODD[3])


@variety(_WORDS)
def long_texts(order: Order, rng: Random) -> None:
    """Texts as long as the schema allows."""
    for line in order.lines[:1]:
        line.name = "Very long name. " * 249
    order.shipments[0].gift_message = ("Grüße & Küsse " * 300)[:4000]
    if order.customer.billing:
        order.customer.billing.address2 = "Ä" * 256
    order.notes.append(Note("agent", order.placed_at, "Long", ("long text " * 400)[:4000]))


@variety(_WORDS)
def custom_attributes(order: Order, rng: Random) -> None:
    """Custom attributes on order, line, shipment, address and payment: one value, several, with a language."""
    order.attributes += [
        Attribute("loyaltyLevel", (rng.choice(("gold", "silver")),)),
        Attribute("interests", ("climbing", "rugs & carpets", "tea"), several=True),
        Attribute("greeting", ("Grüß Gott",), locale="de-DE"),
        Attribute("greeting", ("Howdy",), locale="x-default"),
        Attribute("emptyText", ("",)),
        Attribute("singleOfSet", ("one",), several=True),
    ]
    for line in order.lines:
        line.attributes.append(Attribute("engraving", ('"Für <immer> & ewig"',)))
        for option in line.options:
            option.attributes.append(Attribute("font", ("serif",)))
    order.shipments[0].attributes.append(Attribute("deliveryWindow", ("08:00-10:00", "17:00-19:00"), several=True))
    for address in (order.customer.billing, order.shipments[0].address):
        if address:
            address.attributes.append(Attribute("doorCode", ("1234#",)))
    for payment in order.payments:
        payment.attributes.append(Attribute("authCode", ("00-11",)))
        payment.instrument_attributes.append(Attribute("savedCard", ("true",)))


@variety(_WORDS)
def notes(order: Order, rng: Random) -> None:
    """Two notes, one of them without text."""
    order.notes += [
        Note("agent.smith", order.placed_at + timedelta(minutes=5), "Call", "Customer asked for <quick> & careful."),
        Note("System", order.placed_at + timedelta(minutes=6), "Fraud check passed"),
    ]


@variety(_WORDS)
def source_code(order: Order, rng: Random) -> None:
    """A source code, with its group."""
    order.source_code = (f"SUMMER{rng.randint(10, 99)}", "seasonal")


@variety(_WORDS)
def affiliate(order: Order, rng: Random) -> None:
    """An affiliate partner."""
    order.affiliate = ("Partner & Co", "PARTNER_DE_001")


@variety(_WORDS)
def external_words(order: Order, rng: Random) -> None:
    """An order on which another system has already left its words."""
    order.external_status, order.external_text = "picked", "In the warehouse <B>"
    for line in order.lines:
        line.external_status, line.external_text = "reserved", "Shelf 12 & 13"


@variety(_WORDS, since="19.5")
def global_party(order: Order, rng: Random) -> None:
    """The customer's id across clouds."""
    order.global_party_id = f"gpid-{rng.randrange(16**8):08x}"


def _number(name: str, pattern: str) -> None:
    """Register an order number of a shape: ``{0}`` stands for the number there was, shortened to fit."""

    def change(order: Order, rng: Random) -> None:
        room = 50 - len(pattern.replace("{0}", ""))
        order.order_no = pattern.format(order.order_no[-room:])

    change.__doc__ = f"An order number of the shape {pattern}."
    variety(_WORDS, name, group="number")(change)


_number("number_with_spaces", "ORD {0} DE")
_number("number_with_slashes", "2026/06/{0}")
_number("number_with_capitals", "Web-AbC{0}")
_number("number_with_underscores", "web_{0}_a__b")
_number("number_with_umlauts", "Bestellung-Ü{0}ß")
_number("number_with_entities", "A&B<{0}>")
_number("number_of_fifty", "X" * 40 + "{0}")
