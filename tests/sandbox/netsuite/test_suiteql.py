from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from sandbox.netsuite.people import DUPLICATE_EMAIL, LEGACY_ORDER_NUMBERS, REGULAR_CUSTOMER_NO
from sandbox.netsuite.suiteql_functions import local
from tests.sandbox.netsuite.conftest import a_line, put_order, refusal

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.netsuite.server import NetSuiteEndpoint


def test_values_are_texts_keys_lower_case_and_nulls_left_out(netsuite: NetSuiteEndpoint) -> None:
    answer = netsuite.suiteql(
        "SELECT c.ID, c.EntityId, c.companyName, c.isPerson, c.custentity_ctg_customer_no FROM customer c WHERE c.id = 501"
    )
    assert answer["items"] == [
        {
            "links": [],
            "id": "501",
            "entityid": "CUST501",
            "isperson": "T",
            "custentity_ctg_customer_no": REGULAR_CUSTOMER_NO,
        }
    ]
    assert (answer["count"], answer["totalResults"], answer["hasMore"], answer["offset"]) == (1, 1, False, 0)


def test_lines_show_amounts_as_netsuite_books_them(netsuite: NetSuiteEndpoint, client: httpx.Client) -> None:
    """Sales are negative on their lines; main line, shipping and tax are lines too."""
    _, order = put_order(
        client, shipMethod={"id": "101"}, shippingCost=4.95,
        item={"items": [a_line("NL-1000", 2, 100, custcol_ctg_line_id="7")]},
    )  # fmt: skip
    query = f"""
        SELECT tl.linesequencenumber AS n, tl.mainline, tl.taxline, tl.itemtype, tl.quantity, tl.foreignamount,
               tl.custcol_ctg_line_id AS line_id
        FROM transaction t INNER JOIN transactionline tl ON tl.transaction = t.id
        WHERE t.id = {order["id"]} ORDER BY tl.linesequencenumber"""
    assert netsuite.rows(query) == [
        {"n": "0", "mainline": "T", "taxline": "F", "foreignamount": "124.89"},
        {
            "n": "1",
            "mainline": "F",
            "taxline": "F",
            "itemtype": "InvtPart",
            "quantity": "-2",
            "foreignamount": "-100",
            "line_id": "7",
        },
        {"n": "2", "mainline": "F", "taxline": "F", "itemtype": "ShipItem", "foreignamount": "-4.95"},
        {"n": "3", "mainline": "F", "taxline": "T", "itemtype": "TaxItem", "foreignamount": "-19.94"},
    ]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT NVL(companyname, 'none') AS x, DECODE(isperson, 'T', 'person', 'company') AS y FROM customer WHERE id = 505",
         [{"x": "Bergbau-Werke AG", "y": "company"}]),
        ("SELECT firstname || ' ' || lastname AS name FROM customer WHERE LOWER(email) IN ('jonas.weber@example.com')", [{"name": "Jonas Weber"}]),
        (f"SELECT COUNT(*) AS n FROM customer WHERE email = '{DUPLICATE_EMAIL}' AND isinactive = 'F'", [{"n": "2"}]),
        ("SELECT id FROM customer WHERE id >= 501 AND ROWNUM <= 2", [{"id": "501"}, {"id": "502"}]),
        ("SELECT id FROM customer WHERE id > 501 ORDER BY id FETCH FIRST 1 ROWS ONLY", [{"id": "502"}]),
        ("SELECT TOP 1 id FROM customer WHERE id > 502 ORDER BY id", [{"id": "503"}]),
        ("SELECT BUILTIN.DF(c.subsidiary) AS s, BUILTIN.DF(c.currency) AS c FROM customer c WHERE id = 506", [{"s": "Nordlicht Inc.", "c": "USD"}]),
        (f"SELECT BUILTIN.DF(t.status) AS s FROM transaction t WHERE t.otherrefnum = '{LEGACY_ORDER_NUMBERS[0]}'", [{"s": "Sales Order : Pending Fulfillment"}]),
        ("SELECT TO_CHAR(startdate, 'YYYY-MM-DD') AS d, enddate FROM accountingperiod WHERE periodname = 'Feb 2026'", [{"d": "2026-02-01", "enddate": "2/28/2026"}]),
        ("SELECT COUNT(*) AS n FROM accountingperiod WHERE startdate >= TO_DATE('2026-01-01', 'YYYY-MM-DD') AND enddate < TO_TIMESTAMP('2026-03-01 00:00:00', 'YYYY-MM-DD HH24:MI:SS')", [{"n": "2"}]),
        ("SELECT periodname FROM accountingperiod WHERE startdate = '2/1/2026'", [{"periodname": "Feb 2026"}]),
        ("SELECT CASE WHEN SYSDATE > startdate THEN 'past' ELSE 'future' END AS x FROM accountingperiod WHERE id = 1", [{"x": "past"}]),
        ("SELECT k.quantity FROM kitItemMember k JOIN item i ON i.id = k.parentitem WHERE i.itemid = 'SET-TRAIL' ORDER BY k.quantity DESC", [{"quantity": "3"}, {"quantity": "1"}, {"quantity": "1"}]),
        ("SELECT unitprice FROM pricing p, item i WHERE p.item = i.id AND i.itemid = 'NL-1000' AND p.pricelevel = 1 AND p.currency = 1", [{"unitprice": "129.9"}]),
        ("WITH p AS (SELECT id FROM customer WHERE id = 501) SELECT id, 'x' FROM p", [{"id": "501", "expr2": "x"}]),
    ],
)  # fmt: skip
def test_oracles_words_are_understood(netsuite: NetSuiteEndpoint, query: str, rows: list[dict[str, str]]) -> None:
    assert netsuite.rows(query) == rows


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("DELETE FROM customer", "single SELECT"),
        ("SELECT 1 FROM customer; SELECT 2 FROM customer", "single SELECT"),
        ("SELECT FROM WHERE", "syntax"),
        ("SELECT body FROM record", "Record 'record' was not found"),
        ("SELECT * FROM sqlite_master", "was not found"),
        ("SELECT colour FROM customer", "Field 'colour'"),
        ("SELECT t.subsidiary FROM transaction t", "Field 'subsidiary'"),
        ("SELECT id FROM customer LIMIT 5", "LIMIT"),
        ("SELECT a.item FROM aggregateItemLocation a WHERE (a.item, a.location) > (1, 2)", "cannot be compared"),
        ("SELECT id FROM customer WHERE datecreated > '2026-01-01'", "Invalid date"),
        ("SELECT id FROM customer WHERE datecreated > TO_DATE('02.01.2026', 'YYYY-MM-DD')", "unsupported search"),
    ],
)
def test_what_suiteql_does_not_take(client: httpx.Client, query: str, words: str) -> None:
    answer = client.post("/query/v1/suiteql", json={"q": query}, headers={"Prefer": "transient"})
    refused = refusal(answer)
    assert (refused["o:errorCode"], refused["o:errorQueryParam"]) == ("INVALID_PARAMETER", "q")
    assert words in refused["detail"]


def test_the_header_is_required(client: httpx.Client) -> None:
    answer = client.post("/query/v1/suiteql", json={"q": "SELECT id FROM customer"})
    assert refusal(answer)["o:errorHeader"] == "Prefer"


@pytest.mark.parametrize("page", ["limit=1001", "limit=0", "limit=10&offset=5", "offset=-1"])
def test_pages_have_bounds(client: httpx.Client, page: str) -> None:
    answer = client.post(
        f"/query/v1/suiteql?{page}", json={"q": "SELECT id FROM customer"}, headers={"Prefer": "transient"}
    )
    assert refusal(answer)["o:errorQueryParam"] in ("limit", "offset")


def test_pages_join_without_gap_or_repeat(netsuite: NetSuiteEndpoint) -> None:
    query = "SELECT id FROM item ORDER BY id"
    whole = [row["id"] for row in netsuite.suiteql(query)["items"]]
    pages = [netsuite.suiteql(query, limit=7, offset=offset) for offset in range(0, len(whole), 7)]
    assert [row["id"] for page in pages for row in page["items"]] == whole
    assert [page["hasMore"] for page in pages] == [True] * (len(pages) - 1) + [False]


def test_a_result_ends_at_a_hundred_thousand_rows(client: httpx.Client) -> None:
    query = {"q": "SELECT id FROM item ORDER BY id"}
    answer = client.post("/query/v1/suiteql?limit=1000&offset=100000", json=query, headers={"Prefer": "transient"})
    assert refusal(answer)["o:errorQueryParam"] == "offset"


STOCK = "SELECT item, location FROM aggregateItemLocation"


def paged(netsuite: NetSuiteEndpoint, query: str, size: int = 40) -> list[tuple[str, str]]:
    """Give a query's rows, read page by page."""
    total = netsuite.suiteql(query, limit=size)["totalResults"]
    pages = [netsuite.suiteql(query, limit=size, offset=offset)["items"] for offset in range(0, total, size)]
    return [(row["item"], row["location"]) for page in pages for row in page]


def test_without_a_unique_order_rows_repeat_and_go_missing_under_load(netsuite: NetSuiteEndpoint) -> None:
    whole = paged(netsuite, f"{STOCK} ORDER BY item, location")
    netsuite.control(shuffle_ties=True)
    assert paged(netsuite, f"{STOCK} ORDER BY item, location") == whole
    for query in (STOCK, f"{STOCK} ORDER BY location", f"{STOCK} WHERE item > 0 UNION {STOCK} ORDER BY location"):
        found = paged(netsuite, query)
        assert len(found) == len(whole)
        assert len(set(found)) < len(whole)
    netsuite.reset()


def test_a_page_can_repeat_and_lose_rows(netsuite: NetSuiteEndpoint) -> None:
    query = f"{STOCK} ORDER BY item, location"
    whole = paged(netsuite, query)
    netsuite.control(faults=[{"match": "POST /query/v1/suiteql", "skip": 1, "repeat_rows": 3}])
    assert paged(netsuite, query)[:40] == whole[:37] + whole[:3]
    netsuite.control(faults=[{"match": "POST /query/v1/suiteql", "skip": 1, "lose_rows": 3}])
    assert paged(netsuite, query)[:40] == whole[:37] + whole[40:43]


def test_moments_are_in_the_accounts_zone(netsuite: NetSuiteEndpoint) -> None:
    shown = "TO_CHAR(lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS')"
    utc = netsuite.rows(f"SELECT {shown} AS at, TO_CHAR(trandate, 'YYYY-MM-DD') AS day FROM transaction WHERE id = 801")
    netsuite.control(time_zone="Asia/Tokyo")
    tokyo = netsuite.rows(
        f"SELECT {shown} AS at, TO_CHAR(trandate, 'YYYY-MM-DD') AS day FROM transaction WHERE id = 801"
    )
    at = dt.datetime.fromisoformat(utc[0]["at"])
    assert tokyo == [{"at": str(at + dt.timedelta(hours=9)), "day": utc[0]["day"]}]
    since = "TO_TIMESTAMP('{}', 'YYYY-MM-DD HH24:MI:SS')"
    for moment, found in ((at, 0), (at + dt.timedelta(hours=8), 0), (at + dt.timedelta(hours=9), 1)):
        query = f"SELECT id FROM transaction WHERE id = 801 AND lastmodifieddate <= {since.format(moment)}"
        assert len(netsuite.rows(query)) == found
    now = netsuite.rows("SELECT TO_CHAR(SYSDATE, 'YYYY-MM-DD HH24:MI:SS') AS x FROM dual")[0]["x"]
    assert abs(dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=9) - dt.datetime.fromisoformat(now)) < dt.timedelta(minutes=1)  # fmt: skip
    netsuite.reset()


def test_an_hour_comes_twice_when_the_clock_goes_back() -> None:
    assert local("2026-10-25 00:30:00", "Europe/Berlin") == local("2026-10-25 01:30:00", "Europe/Berlin")
