"""Finding a record by what people have in hand, and reading its story."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from lxml import html

from cartage.windows import Window
from tests.console.small_ledger import EMAIL, NAME, PHONE, SCRIPT

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.console.small_ledger import Small

ORDER = f"/records/{NAME}/RefArch/00017"


def words(element: html.HtmlElement) -> str:
    return re.sub(r"\s+", " ", element.text_content()).strip()


@pytest.mark.parametrize(
    "asked",
    ["00017", "RefArch/00017", "SO1042", "77", "C-5", "1Z999AA10123456784", EMAIL, " ada@example.com ", PHONE,
     "0049301234567"],
)  # fmt: skip
def test_a_record_is_found_by_anything_that_names_it(reader: TestClient, asked: str) -> None:
    sent = reader.post("/records", data={"q": asked})
    assert sent.status_code == 303
    found = reader.get(sent.headers["Location"])
    assert (found.status_code, found.headers.get("Location")) == (303, ORDER)


@pytest.mark.parametrize("asked", [EMAIL, PHONE, "nobody@example.com", "(030) 555-777"])
def test_what_is_personal_never_stands_in_an_address(reader: TestClient, asked: str) -> None:
    where = reader.post("/records", data={"q": asked}).headers["Location"]
    assert re.fullmatch(r"/records\?by=[0-9a-f]{64}", where)
    page = reader.get(where)
    assert asked not in page.text


def test_an_address_typed_by_hand_is_hidden_at_once(reader: TestClient) -> None:
    where = reader.get(f"/records?q={quote(EMAIL)}").headers["Location"]
    assert "@" not in where
    assert "example" not in where


def test_the_beginning_of_a_number_will_do(reader: TestClient) -> None:
    page = html.fromstring(reader.get("/records?q=0001").text)
    assert [each.rpartition("/")[2] for each in page.xpath('//ul[@class="found"]//a/@href')] == [
        "00019",
        "00017",
        "00018",
    ] or (
        {each.rpartition("/")[2] for each in page.xpath('//ul[@class="found"]//a/@href')} == {"00017", "00018", "00019"}
    )


def test_nothing_found_says_so_and_nothing_runs(reader: TestClient) -> None:
    page = reader.get(f"/records?q={quote(SCRIPT)}")
    assert "Nothing found" in page.text
    assert SCRIPT not in page.text
    assert "&lt;script&gt;" in page.text


def test_one_line_of_time_across_flows(reader: TestClient) -> None:
    page = html.fromstring(reader.get(ORDER).text)
    chapters = [words(each) for each in page.xpath('//li[@class="chapter"]/div//h3')]
    assert [each.split(",")[0] for each in chapters] == ["shipments", "orders", "orders"]
    (story,) = page.xpath('//h2[.="What happened"]/following-sibling::ol[1]')
    told = words(story)
    assert "left by the shop in RefArch_orders.xml" in told
    assert "netsuite: POST /record/v1/salesOrder 204 210 ms" in told
    assert told.index("updated shipment") < told.index("left by the shop") < told.index("created order")
    assert "otherRefNum" in told
    assert "1 run read it and found nothing new" in words(page)
    assert "SO1042" in words(page)


def test_a_record_that_is_held_back_says_why(reader: TestClient) -> None:
    page = reader.get(f"/records/{NAME}/RefArch/00018").text
    assert "unknown_item" in page
    assert "held back" in page
    assert re.search(r'href="/errors/\d+">Look at it and mend it<', page)


@pytest.mark.parametrize("number", ["00017", "00018"])
def test_what_customers_call_themselves_is_text(reader: TestClient, number: str) -> None:
    page = reader.get(f"/records/{NAME}/RefArch/{number}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_it_is_run_again_by_those_who_may(operator: TestClient, small: Small) -> None:
    page = html.fromstring(operator.get(ORDER).text)
    orders, shipments = page.xpath('//button[@data-keys="00017"]')
    since, until = (datetime.fromisoformat(orders.get(name)) for name in ("data-since", "data-until"))
    (drop,) = small.ledger.drops(NAME, "orders", small.first).landed_between(Window(since, until))
    assert drop.name == "RefArch_orders.xml", "by its number alone a drop that was read is not read again"
    assert shipments.get("data-since") is None, "the ERP is asked for the number"
    assert page.xpath('//button[@data-keys="00017"]/@data-run') == [f"{NAME}.orders", f"{NAME}.shipments"]


def test_a_reader_runs_nothing(reader: TestClient) -> None:
    assert not html.fromstring(reader.get(ORDER).text).xpath("//button[@data-run]")
