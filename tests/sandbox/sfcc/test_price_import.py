"""The import of price books, and what a visitor then pays."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import requests

from tests.sandbox.sfcc.feeds import WAIT, pricebook, table

if TYPE_CHECKING:
    from tests.sandbox.sfcc.feeds import Shop

SKU = "NL-1000"


def amount(value: str, quantity: str = "1") -> str:
    return f'<amount quantity="{quantity}">{value}</amount>'


def held(begin: str, end: str, value: str) -> str:
    return f"<online-from>{begin}</online-from><online-to>{end}</online-to>{amount(value)}"


def tables(shop: Shop, book: str, sku: str = SKU) -> list[tuple[Any, ...]]:
    found = shop.look(f"/pricebooks/{book}?product={sku}")["tables"]
    return [(each["online_from"], each["online_to"], each["amounts"]) for each in found]


def prices(shop: Shop, sku: str = SKU, site: str = "RefArch") -> dict[str, Any]:
    url = shop.endpoints.sfcc["ocapi_shop_url"].format(site=site) + f"/products/{sku}/prices"
    answer = requests.get(url, params={"client_id": shop.endpoints.sfcc["client_id"]}, timeout=WAIT)
    return dict(json.loads(answer.text, parse_float=Decimal))


def test_tiers_come_in_to_the_cent(ours: Shop) -> None:
    taken = ours.take("pricebooks", pricebook("price-1", table(SKU, amount("129.90") + amount("119.895", "10"))))

    assert taken.lines == []
    assert tables(ours, "price-1") == [(None, None, {"1": Decimal("129.90"), "10": Decimal("119.895")})]
    assert prices(ours)["prices"]["price-1"] == Decimal("129.90")


def test_bad_prices_are_ignored_and_named(ours: Shop) -> None:
    feed = pricebook(
        "price-2",
        table("ATLANTIS") + table("NL-1001", amount("-1")) + table("NL-1002", amount("2") + amount("-1", "5"))
        + table("NL-1003", amount("1") + amount("2")) + table("NL-1004", "") + table("NL-1005", amount("3", "2"))
        + table("NL-1006", amount("1,00")) + table("NL-1007", amount("1", "0")) + table("NL-1008", amount("0")),
    )  # fmt: skip

    taken = ours.take("pricebooks", feed)

    assert taken.said("product-id", "severity", "code", "skipped") == [
        ("ATLANTIS", "DATAERROR", "unknown_product", True),
        ("NL-1001", "DATAWARNING", "negative_price", True),
        ("NL-1002", "DATAWARNING", "negative_price", False),
        ("NL-1003", "DATAERROR", "repeated_quantity", True),
        ("NL-1004", "DATAWARNING", "no_price", True),
        ("NL-1005", "DATAWARNING", "no_unit_price", False),
        ("NL-1006", "DATAERROR", "invalid", True),
        ("NL-1007", "DATAERROR", "wrong_quantity", True),
    ]
    assert (taken.folder, taken.summary["imported"], taken.summary["skipped"]) == ("archive", 4, 6)
    assert tables(ours, "price-2", "NL-1002") == [(None, None, {"1": 2})]


def test_only_replace_changes_a_currency_and_it_replaces_the_book(ours: Shop) -> None:
    ours.take("pricebooks", pricebook("price-3", table("NL-1000") + table("NL-1001")))
    dollars = pricebook("price-3", table("NL-1002", amount("7")), "<currency>USD</currency>")

    for mode in ("Merge", "Update"):
        refused = ours.take("pricebooks", dollars, mode)
        assert refused.said("element", "code") == [("header", "currency_change")]
        assert (refused.summary["imported"], refused.summary["skipped"]) == (0, 2)
    assert len(tables(ours, "price-3", "NL-1000")) == 1
    ours.take("pricebooks", dollars, "Replace")

    assert ours.look("/pricebooks/price-3")["header"]["currency"] == "USD"
    assert [each["product"] for each in ours.look("/pricebooks/price-3")["tables"]] == ["NL-1002"]


def test_a_plain_delete_spares_what_is_scheduled(ours: Shop) -> None:
    sale = held("2026-12-01T00:00:00Z", "2026-12-24T00:00:00Z", "9.00")
    begin = "<online-from>2026-12-01T00:00:00Z</online-from>"
    ours.take(
        "pricebooks", pricebook("price-4", table(SKU) + table(SKU, sale) + table("NL-1001") + table("NL-1001", sale))
    )

    ours.take("pricebooks", pricebook("price-4", table(SKU, "", ' mode="delete"')))
    assert [each[0] for each in tables(ours, "price-4")] == ["2026-12-01T00:00:00.000Z"]
    ours.take("pricebooks", pricebook("price-4", table(SKU, begin, ' mode="delete"')))
    assert tables(ours, "price-4") == []
    again = pricebook("price-4", table(SKU, "", ' mode="delete"') + table("NL-1001", "", ' mode="delete-all"'))
    taken = ours.take("pricebooks", again)

    assert taken.said("code", "product-id") == [("unknown_table", SKU)]
    assert tables(ours, "price-4", "NL-1001") == []


def test_the_table_that_began_last_counts_while_it_is_online(ours: Shop) -> None:
    sale = held("2026-03-10T00:00:00+01:00", "2026-03-20T00:00:00+01:00", "99.00")
    header = "<currency>EUR</currency><online-to>2026-04-01T00:00:00Z</online-to>"
    ours.take("pricebooks", pricebook("price-5", table(SKU, amount("120.00")) + table(SKU, sale), header))
    seen = []

    for now in ("2026-03-09T22:59:59Z", "2026-03-09T23:00:00Z", "2026-03-19T22:59:59Z", "2026-03-19T23:00:00Z",
                "2026-04-01T00:00:00Z"):  # fmt: skip
        ours.control("/clock", now=now)
        seen.append(prices(ours)["prices"].get("price-5"))

    assert seen == [120, 99, 99, 120, None]


def test_parents(ours: Shop) -> None:
    child = "<currency>EUR</currency><parent>{}</parent>"
    half = '<percentage quantity="1">50</percentage>'
    ours.take("pricebooks", pricebook("price-6", table("NL-1009", amount("10.00"))))

    orphan = ours.take("pricebooks", pricebook("price-7", table("NL-1009", half), child.format("nobody")))
    good = ours.take("pricebooks", pricebook("price-7", table("NL-1009", half), child.format("price-6")))
    cycle = ours.take("pricebooks", pricebook("price-6", table("NL-1009"), child.format("price-7")))

    assert [each.said("code") for each in (orphan, good, cycle)] == [[("unknown_parent",)], [], [("parent_cycle",)]]
    assert prices(ours, "NL-1009")["prices"] | {"price-7": Decimal("5.00")} == prices(ours, "NL-1009")["prices"]


def test_deleting_a_book(ours: Shop) -> None:
    for mode, header in (("Delete", "<currency>EUR</currency>"), (None, "<currency>EUR</currency>")):
        ours.take("pricebooks", pricebook("price-8", table(SKU)))
        feed = pricebook("price-8", table(SKU), header)
        if mode is None:
            feed = feed.replace('pricebook-id="price-8"', 'pricebook-id="price-8" mode="delete"')
        ours.take("pricebooks", feed, mode)
        assert "price-8" not in {each["book_id"] for each in ours.look("/pricebooks")["books"]}
