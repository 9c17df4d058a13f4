# ruff: noqa: ARG001 - every change takes the order and a source of chance, whether it needs it or not
"""Payments: every instrument of order.xsd, one or several, authorised, captured or credited."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.shop.model import Attribute, Order, Payment
from sandbox.shop.pricing import rounded
from sandbox.shop.varieties import Stage, variety

if TYPE_CHECKING:
    from random import Random

_PAYMENTS = Stage.PAYMENTS

_CARD = (
    ("card-type", "VISA"), ("card-number", "XXXX-XXXX-XXXX-1111"), ("card-holder", "Card Holder"),
    ("card-token", "tok_1KZ9"), ("expiration-month", "1"), ("expiration-year", "2031"),
)  # fmt: skip


def pay(order: Order, rng: Random, kind: str = "AUTH") -> Payment:
    """Pay all that is open by card, in place of any payment there was."""
    order.payments = [_card(rng, order.totals.total.gross, kind)]
    return order.payments[0]


def _transaction(rng: Random) -> str:
    return f"txn-{rng.randrange(16**12):012x}"


def _card(rng: Random, amount: Decimal, kind: str) -> Payment:
    return Payment(
        "credit-card",
        amount,
        details=_CARD,
        processor_id="ADYEN_CREDIT",
        transaction_id=_transaction(rng),
        transaction_type=kind,
        account_id="acct-main",
        account_type="ADYEN_TEST",
    )


def _only(order: Order, rng: Random, element: str | None, *details: tuple[str, str], processor: str) -> Payment:
    payment = Payment(
        element,
        order.totals.total.gross,
        details=details,
        processor_id=processor,
        transaction_id=_transaction(rng),
        transaction_type="AUTH",
    )
    order.payments = [payment]
    return payment


@variety(_PAYMENTS, group="payment")
def paid_by_card(order: Order, rng: Random) -> None:
    """Credit card, authorised."""
    pay(order, rng)


@variety(_PAYMENTS, group="payment")
def card_captured(order: Order, rng: Random) -> None:
    """Credit card, captured, and the order is paid."""
    pay(order, rng, "CAPTURE")
    order.payment_status = "PAID"


@variety(_PAYMENTS, group="payment")
def card_part_captured(order: Order, rng: Random) -> None:
    """A part captured, the rest authorised: the order is partly paid."""
    half = rounded(order.totals.total.gross / 2, order.currency)
    order.payments = [
        _card(rng, half, "CAPTURE"),
        _card(rng, order.totals.total.gross - half, "AUTH"),
    ]
    order.payment_status = "PART_PAID"


@variety(_PAYMENTS, group="payment")
def card_credit(order: Order, rng: Random) -> None:
    """Captured, then a part of it credited back."""
    pay(order, rng, "CAPTURE")
    order.payments.append(_card(rng, rounded(order.totals.total.gross / 10, order.currency), "CREDIT"))
    order.payment_status = "PAID"


@variety(_PAYMENTS, group="payment")
def card_auth_reversal(order: Order, rng: Random) -> None:
    """An authorisation taken back, and a second one."""
    pay(order, rng, "AUTH_REVERSAL")
    order.payments.append(_card(rng, order.totals.total.gross, "AUTH"))


@variety(_PAYMENTS, group="payment")
def bank_transfer(order: Order, rng: Random) -> None:
    """Bank transfer."""
    _only(
        order, rng, "bank-transfer", ("account-number", "************1234"), ("account-holder", "A. Holder"),
        ("routing-number", "10010010"), processor="BANK_TRANSFER",
    )  # fmt: skip


@variety(_PAYMENTS, group="payment")
def bill_me_later(order: Order, rng: Random) -> None:
    """Bill me later, with a custom attribute of the instrument."""
    _only(order, rng, "bml", processor="BML").instrument_attributes = [Attribute("termsAccepted", ("true",))]


@variety(_PAYMENTS, group="payment")
def apple_pay(order: Order, rng: Random) -> None:
    """Apple Pay."""
    _only(
        order, rng, "dw-apple-pay", ("card-type", "MASTER"), ("card-number", "XXXX-XXXX-XXXX-2222"),
        processor="APPLE_PAY",
    )  # fmt: skip


@variety(_PAYMENTS, group="payment")
def android_pay(order: Order, rng: Random) -> None:
    """Android Pay."""
    _only(
        order, rng, "dw-android-pay", ("card-type", "VISA"), ("card-number", "XXXX-XXXX-XXXX-3333"),
        processor="ANDROID_PAY",
    )  # fmt: skip


@variety(_PAYMENTS, group="payment")
def custom_method(order: Order, rng: Random) -> None:
    """A custom method, with attributes of instrument and transaction."""
    payment = _only(order, rng, "custom-method", ("method-name", "KLARNA_INVOICE"), processor="KLARNA")
    payment.instrument_attributes = [Attribute("klarnaOrderId", ("kl-0815",))]
    payment.attributes = [Attribute("riskScore", ("12",)), Attribute("checks", ("avs", "cvv"), several=True)]


@variety(_PAYMENTS, group="payment")
def no_instrument(order: Order, rng: Random) -> None:
    """A transaction without an instrument."""
    _only(order, rng, None, processor="MANUAL")


@variety(_PAYMENTS, group="payment")
def nothing_paid(order: Order, rng: Random) -> None:
    """No payment at all: paid on collection."""
    order.payments = []


_WALLETS: dict[str, tuple[tuple[str, str], ...]] = {
    "bancontact": (("last-4", "4321"), ("bank-name", "KBC")),
    "card": (("brand", "visa"), ("last-4", "4242"), ("wallet-type", "google-pay")),
    "ideal": (("bank", "abn_amro"),),
    "sepa-debit": (("last-4", "3000"),),
    "paypal": (("payer-email-address", "payer@example.com"), ("capture-id", "CAP-1")),
    "klarna": (("payment-method-category", "pay_later"),),
    "eps": (("bank", "easybank_ag"),),
    "venmo": (("payer-email-address", "payer@example.com"), ("capture-id", "CAP-2")),
    "afterpay-clearpay": (),
}


def _salesforce(wallet: str) -> None:
    def change(order: Order, rng: Random) -> None:
        payment = _only(order, rng, "salesforce-payments", *_WALLETS[wallet], processor="SALESFORCE_PAYMENTS")
        payment.wallet, payment.account_id, payment.account_type = wallet, "acct-sfp", "STRIPE_TEST"

    change.__doc__ = f"Salesforce Payments: {wallet}."
    name = "salesforce_" + wallet.replace("-", "_")
    variety(_PAYMENTS, name, since="22.9", group="payment")(change)


for _wallet in _WALLETS:
    _salesforce(_wallet)


@variety(_PAYMENTS, group="payment")
def several_payments(order: Order, rng: Random) -> None:
    """Two cards and a custom method."""
    third = rounded(order.totals.total.gross / 3, order.currency)
    _only(order, rng, "custom-method", ("method-name", "PAYPAL"), processor="PAYPAL").amount = third
    order.payments += [
        _card(rng, third, "CAPTURE"),
        _card(rng, order.totals.total.gross - 2 * third, "AUTH"),
    ]
    order.payment_status = "PART_PAID"


def _tender(order: Order, rng: Random, amount: Decimal) -> None:
    order.payments.append(
        Payment(
            "gift-certificate",
            amount,
            details=(("giftcertificate-id", f"{rng.randrange(10**16):016d}"),),
            processor_id="BASIC_GIFT_CERTIFICATE",
            transaction_id=_transaction(rng),
            transaction_type="CAPTURE",
        )
    )


@variety(_PAYMENTS, group="payment")
def gift_certificate_tendered(order: Order, rng: Random) -> None:
    """A part paid with a gift certificate, the rest by card: a tender, no discount."""
    total = order.totals.total.gross
    part = min(Decimal("5.00"), rounded(total / 2, order.currency))
    order.payments = [_card(rng, total - part, "AUTH")] if total > part else []
    _tender(order, rng, part)


@variety(_PAYMENTS, group="payment")
def gift_certificate_whole(order: Order, rng: Random) -> None:
    """All paid with two gift certificates: nothing is left to pay."""
    total = order.totals.total.gross
    half = rounded(total / 2, order.currency)
    order.payments = []
    _tender(order, rng, half)
    _tender(order, rng, total - half)
    order.payment_status = "PAID"
