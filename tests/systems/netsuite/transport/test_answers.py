"""Refusals: traced to the record's field, and free of personal data."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cartage.systems.netsuite.answers import Detail, refusal, trace

BODY = {
    "entity": {"id": "12"},
    "item": {"items": [{"item": {"id": "1"}}, {"item": {"id": "9999"}, "custcol_cartage_line_id": "L-2", "line": 4}]},
    "billingAddress": {"addressee": "Änne Muster", "addr1": "Ring 5", "addrPhone": "+49 30 1234567"},
}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("item.items[1].item", "item.items[1].item (item line 2, custcol_cartage_line_id=L-2, line=4)"),
        ("item.items[0].amount", "item.items[0].amount (item line 1)"),
        ("item.items[7].item", "item.items[7].item (item line 8)"),
        ("$.entity", "$.entity"),
        ("billingAddress.country", "billingAddress.country"),
        ("no such[place", "no such[place"),
    ],
)
def test_an_error_path_names_the_line(path: str, said: str) -> None:
    assert trace(path, BODY) == said


def test_an_error_path_leads_back_to_the_column_it_came_from() -> None:
    assert trace("item.items[1].item", BODY, "lines.product_id").startswith("lines.product_id (item line 2, ")
    assert trace("entity", BODY, "customer_no") == "customer_no"
    refused = refusal("POST salesOrder", 400, (Detail("INVALID_CONTENT", "bad", "item.items[0].item"),), BODY)
    (complaint,) = refused.traced({"item.items[0].item": "lines.product_id"}.get)
    assert complaint.field == "lines.product_id", "as the console looks for it"
    assert "at lines.product_id (item line 1)" in complaint.message
    assert refused.traced({}.get)[0].field == "item.items[0].item (item line 1)"


def test_every_complaint_is_told() -> None:
    details = (Detail("INVALID_CONTENT", "bad item", "item.items[1].item"), Detail("USER_ERROR", "no total"))
    refused = refusal("POST salesOrder", 400, details, BODY)
    assert [each.code for each in refused.complaints] == ["invalid_content", "user_error"]
    assert "L-2" in str(refused)
    assert "no total" in str(refused)
    assert refused.code == "INVALID_CONTENT"
    assert refused.key == "POST salesOrder"


PERSONAL = st.fixed_dictionaries(
    {
        "firstName": st.from_regex(r"[A-ZÄÖÜ][a-zäöüß]{4,9}-[A-Z][a-z]{4,9}sen", fullmatch=True),
        "email": st.emails(),
        "phone": st.from_regex(r"\+\d{2} \d{3} \d{6,8}", fullmatch=True),
        "addressBook": st.fixed_dictionaries(
            {
                "items": st.lists(
                    st.fixed_dictionaries({"addr1": st.from_regex(r"[A-Z][a-z]{3,9}weg \d{1,3}", fullmatch=True)})
                )
            }
        ),
    }
)


@settings(max_examples=60, deadline=None)
@given(PERSONAL)
def test_a_message_never_quotes_a_person(body: dict[str, object]) -> None:
    personal = [body["firstName"], body["email"], body["phone"]]
    personal += [each["addr1"] for each in body["addressBook"]["items"]]  # type: ignore[index]
    quoted = " / ".join([*map(str, personal), str(body["email"]).upper(), "someone.else@example.org", "030 / 99887766"])
    refused = refusal("POST customer", 400, (Detail("USER_ERROR", f"Refused: {quoted}", "email"),), body)
    message = str(refused) + repr(refused)
    for value in [*personal, "someone.else@example.org", "99887766"]:
        assert str(value) not in message.replace("USER_ERROR", "").replace("Refused", "")
    assert refused.detail.endswith("030 / 99887766")
