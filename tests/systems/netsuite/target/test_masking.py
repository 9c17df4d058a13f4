"""Nothing personal reaches the ledger, and what is left still says what was sent and why it was refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.systems.netsuite import payload
from cartage.systems.netsuite.masking import Masker

PERSONAL = (
    "Żaneta",
    "Müller-Lüdenscheidt",
    "zaneta@example.org",
    "+49 40 1234567",
    "Große Bleichen 7",
    "Hamburg",
    "20354",
)

ORDER: dict[str, Any] = {
    "entity": {"id": "107", "refName": "CUST7 Żaneta Müller-Lüdenscheidt"},
    "email": "zaneta@example.org",
    "memo": "for Żaneta",
    "otherRefNum": "00017",
    "shippingAddress": {
        "addressee": "Żaneta Müller-Lüdenscheidt", "addr1": "Große Bleichen 7", "city": "Hamburg", "zip": "20354",
        "addrPhone": "+49 40 1234567", "country": {"id": "DE"},
    },
    "item": {"items": [
        {"item": {"id": "5"}, "amount": Decimal("10.10"), "description": "Engraved: Żaneta, call +49 40 1234567"},
        {"item": {"id": "6"}, "custcol_ctg_sku": "0012345678905", "custcol_ctg_gift_message": "Dear Żaneta"},
    ]},
}  # fmt: skip


def test_nothing_personal_of_an_order_is_left() -> None:
    masked = Masker().body(ORDER) or ""
    for each in PERSONAL:
        assert each not in masked


def test_what_was_sent_can_still_be_seen() -> None:
    masked = payload.loads(Masker().body(ORDER) or "")
    assert masked.keys() == ORDER.keys()
    assert masked["otherRefNum"] == "00017"
    assert masked["entity"]["id"] == "107"
    assert masked["shippingAddress"]["country"] == {"id": "DE"}
    assert masked["item"]["items"][0]["amount"] == Decimal("10.10")
    assert masked["item"]["items"][1]["custcol_ctg_sku"] == "0012345678905"
    assert masked["email"].endswith(".org")
    assert masked["email"].startswith("z***")


def test_an_answer_that_quotes_the_request_is_masked_too() -> None:
    masker = Masker()
    masker.body(ORDER)
    answer = masker.text(
        '{"title": "Bad Request", "o:errorDetails": [{"detail": "Große Bleichen 7 is too long for Żaneta", '
        '"o:errorCode": "INVALID_CONTENT", "o:errorPath": "shippingAddress.addr1"}]}'
    )
    assert answer is not None
    assert "Bleichen" not in answer
    assert "Żaneta" not in answer
    assert "Bad Request" in answer
    assert "shippingAddress.addr1" in answer


def test_one_person_can_be_told_to_be_the_same_in_two_requests() -> None:
    first, second = Masker(b"key").body({"email": "a@b.example"}), Masker(b"key").body({"email": "A@b.example"})
    assert payload.loads(first or "")["email"].lower() == payload.loads(second or "")["email"].lower()


def test_a_card_number_goes_and_an_article_number_stays() -> None:
    text = Masker().text("card 4111 1111 1111 1111, article 0012345678905") or ""
    assert "4111" not in text
    assert "0012345678905" in text


def test_text_that_is_no_json_is_masked_by_pattern() -> None:
    assert "x@y.example" not in (Masker().text("<html>no such user x@y.example</html>") or "")


names = st.text(st.characters(categories=("Lu", "Ll", "Lo")), min_size=3, max_size=20).map(lambda each: f"{each}ß§")


@settings(max_examples=60, deadline=None)
@given(name=names, street=names, mail=st.emails())
def test_no_name_survives_anywhere(name: str, street: str, mail: str) -> None:
    body = {
        "firstName": name,
        "email": mail,
        "addressBook": {"items": [{"label": street, "addressBookAddress": {"addr1": street, "addressee": name}}]},
        "custcol_ctg_text": f"to {name} of {street}, {mail}",
    }
    masked = Masker().body(body) or ""
    for each in (name, street, mail):
        assert each not in payload.loads(masked)["custcol_ctg_text"]
        assert payload.dumps(each) not in masked
