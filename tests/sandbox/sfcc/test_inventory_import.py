"""The import of inventory feeds, as whoever leaves them sees it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.sfcc.feeds.inventory import FORMAT
from sandbox.sfcc.feeds.reading import items
from tests.sandbox.sfcc.feeds import inventory, record

if TYPE_CHECKING:
    from tests.sandbox.sfcc.feeds import Shop

IN_STOCK = "<default-instock>true</default-instock>"


def skus(shop: Shop, list_id: str) -> dict[str, object]:
    answer = shop.data("GET", f"/inventory_lists/{list_id}/product_inventory_records", count=200).json()
    return {each["product_id"]: each.get("allocation", {}).get("amount") for each in answer["data"]}


def test_bad_elements_are_skipped_and_named_and_the_rest_comes_in(ours: Shop) -> None:
    feed = inventory(
        "import-1",
        "\n".join(
            [record("NL-1000"), record("ATLANTIS"), record("NL-1001", "<allocation>-1</allocation>"),
             record("NL-1002", "<stock>1</stock>"), record("NL-1003", mode=" unit='x'"),
             record("NL-1004", mode=" mode='delete'"), "<record><allocation>1</allocation></record>",
             record("NL-1005", "<perpetual>true</perpetual><allocation>1</allocation>"), record("NL-1006")]
        ),
    )  # fmt: skip

    taken = ours.take("inventory", feed)

    assert taken.said("severity", "code", "product-id", "position", "line") == [
        ("DATAERROR", "unknown_product", "ATLANTIS", 2, 5), ("DATAERROR", "invalid", "NL-1001", 3, 6),
        ("DATAERROR", "invalid", "NL-1002", 4, 7), ("DATAERROR", "invalid", "NL-1003", 5, 8),
        ("DATAWARNING", "unknown_record", "NL-1004", 6, 9), ("DATAERROR", "invalid", None, 7, 10),
        ("DATAERROR", "invalid", "NL-1005", 8, 11),
    ]  # fmt: skip
    assert all(line["ids"]["list-id"] == "import-1" and line["skipped"] and line["message"] for line in taken.lines)
    counts = {name: taken.summary[name] for name in ("status", "imported", "skipped", "errors", "warnings")}
    assert counts == {"status": "OK", "imported": 3, "skipped": 7, "errors": 6, "warnings": 1}
    assert taken.execution["exit_status"]["code"] == "OK"
    assert skus(ours, "import-1") == {"NL-1000": 5, "NL-1006": 5}


@pytest.mark.parametrize(
    ("feed", "code"),
    [
        ("", "not_well_formed"),
        (inventory("import-2", record("NL-1000"))[:-30], "not_well_formed"),
        ("<!DOCTYPE inventory [<!ENTITY x 'y'>]>" + inventory("import-2", record("NL-1000")), "dtd"),
        (inventory("import-2", record("NL-1000")).replace("2007-05-31", "2008-05-31"), "wrong_root"),
        (inventory("import-2", record("NL-1000"), "<on-order>true</on-order>"), "invalid"),
        (inventory("import-2", record("NL-1000") + "<row/>"), "invalid"),
        (inventory("import-2", record("NL-1000") + "text" + record("NL-1001")), "invalid"),
        (inventory("import-2", record("NL-1000")).replace("<inventory-list>", "<inventory-list by='me'>"), "invalid"),
        (re.sub("<header.*</header>", "", inventory("import-2", record("NL-1000"))), "invalid"),
        (inventory("import-2", record("NL-1000")).replace("</records>", "</records><records/>"), "invalid"),
    ],
)
def test_what_is_no_inventory_feed_is_refused_whole(ours: Shop, feed: str, code: str) -> None:
    taken = ours.take("inventory", feed)

    assert (taken.folder, taken.summary["status"], taken.summary["imported"]) == ("error", "ERROR", 0)
    assert taken.said("severity", "code") == [("ERROR", code)]
    assert taken.execution["exit_status"]["code"] == "ERROR"
    assert ours.data("GET", "/inventory_lists/import-2").status_code == 404
    assert not list(ours.folder("inventory").glob("*.xml*"))


def test_a_packed_feed_comes_in_and_a_broken_one_does_not(ours: Shop) -> None:
    whole = ours.take("inventory", inventory("import-3", record("NL-1000")), name="packed.xml.gz")
    path = ours.folder("inventory") / "archive" / "packed.xml.gz"
    (ours.folder("inventory") / "cut.xml.gz").write_bytes(path.read_bytes()[:-20])

    cut = ours.outcome("inventory", "cut.xml.gz", ours.run("inventory"))

    assert (whole.folder, whole.summary["imported"]) == ("archive", 2)
    assert (cut.folder, cut.said("code")) == ("error", [("not_readable",)])


def test_feeds_come_in_by_name_and_a_refused_one_does_not_stop_the_rest(ours: Shop) -> None:
    for name, units in (("b_2.xml", 2), ("b_10.xml", 10), ("b_1.xml", 1), ("b_11.xml.tmp", 11), ("b_0.txt", 0)):
        ours.leave("inventory", inventory("import-4", record("NL-1000", f"<allocation>{units}</allocation>")), name)
    ours.leave("inventory", "<", "b_15.xml")

    execution = ours.run("inventory")

    assert skus(ours, "import-4") == {"NL-1000": 2}, "2 comes after 10: as texts"
    assert execution["exit_status"] == {
        "_type": "status", "code": "ERROR", "status": "error", "message": "Refused: b_15.xml",
    }  # fmt: skip
    left = {each.name for each in ours.folder("inventory").glob("b_*")}
    assert left == {"b_11.xml.tmp", "b_0.txt"}
    log = ours.session.get(
        f"{ours.endpoints.sfcc['base_url']}/on/demandware.servlet/webdav{execution['log_file_path']}", timeout=10
    )
    assert [name for name in ("b_1.xml", "b_10.xml", "b_15.xml", "b_2.xml") if name in log.text]
    for name in left:
        (ours.folder("inventory") / name).unlink()


def test_a_large_feed_is_read_in_flat_memory(tmp_path: Path) -> None:
    def resident() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    path = tmp_path / "large.xml"
    path.write_text(inventory("large", "\n".join(record(f"P{number}") for number in range(100_000))))
    count, before, most = 0, resident(), 0.0

    for count, _ in enumerate(items(path, FORMAT), 1):
        if count % 10_000 == 0:
            most = max(most, resident())

    assert count == 100_001
    assert most - before < 20, "a tree of it takes more than 100 MB"


def test_modes(ours: Shop) -> None:
    def feed(*wanted: str) -> str:
        return inventory("import-5", "".join(record(sku, "<allocation>1</allocation>") for sku in wanted))

    more = "<allocation>9</allocation><perpetual>true</perpetual>"
    ours.take("inventory", inventory("import-5", record("NL-1000", more) + record("NL-1001", more), IN_STOCK))

    merged = ours.take("inventory", inventory("import-5", record("NL-1000", "<perpetual>false</perpetual>")))
    assert (merged.lines, skus(ours, "import-5")) == ([], {"NL-1000": 9, "NL-1001": 9})
    assert ours.data("GET", "/inventory_lists/import-5").json()["default_in_stock"] is False

    updated = ours.take("inventory", feed("NL-1000", "NL-1002"), "Update")
    assert (updated.said("code"), skus(ours, "import-5")) == ([("unknown_record",)], {"NL-1000": 1, "NL-1001": 9})

    ours.take("inventory", feed("NL-1001", "NL-1003"), "Replace")
    assert skus(ours, "import-5") == {"NL-1001": 1, "NL-1003": 1}
    assert ours.stock("import-5", "NL-1001")["perpetual_flag"] is False, "what the feed does not say is as if new"

    ours.take("inventory", inventory("import-5", record("NL-1001", "", " mode='delete'")))
    assert skus(ours, "import-5") == {"NL-1003": 1}

    gone = ours.take("inventory", feed("NL-1003"), "Delete")
    assert (gone.lines, gone.summary["skipped"]) == ([], 0)
    assert ours.data("GET", "/inventory_lists/import-5").status_code == 404
    unknown = ours.take("inventory", feed("NL-1000"), "Update")
    assert (unknown.said("element", "code"), unknown.summary["imported"]) == ([("header", "unknown_list")], 0)
    assert unknown.summary["skipped"] == 2, "a header takes all below it along"


def test_several_lists_in_a_feed(ours: Shop) -> None:
    first, second = inventory("import-6", record("NL-1000")), inventory("import-7", record("NL-1001"), IN_STOCK)
    cut = second.index("<inventory-list>")

    taken = ours.take("inventory", first.removesuffix("</inventory>") + second[cut:])

    assert taken.summary["elements"] == {"header": 2, "record": 2}
    assert (skus(ours, "import-6"), skus(ours, "import-7")) == ({"NL-1000": 5}, {"NL-1001": 5})
    assert ours.data("GET", "/inventory_lists/import-7").json()["default_in_stock"] is True


def test_lists_and_records_are_paged(ours: Shop) -> None:
    ours.take("inventory", inventory("import-8", "".join(record(f"NL-{1000 + number}") for number in range(20))))
    path, seen = "/inventory_lists/import-8/product_inventory_records", []

    for start in (0, 8, 16, 24):
        page = ours.data("GET", path, start=start, count=8).json()
        assert (page["total"], page["start"], page["count"]) == (20, start, len(page["data"]))
        seen += [each["product_id"] for each in page["data"]]

    assert seen == [f"NL-{1000 + number}" for number in range(20)]
    assert ours.data("GET", path, count=201).json()["fault"]["type"] == "InvalidPagingParameterException"
    missing = ours.data("GET", f"{path}/ATLANTIS")
    assert (missing.status_code, missing.json()["fault"]["type"]) == (404, "ProductInventoryRecordNotFoundException")
    assert "import-8" in {each["id"] for each in ours.data("GET", "/inventory_lists", count=200).json()["data"]}
