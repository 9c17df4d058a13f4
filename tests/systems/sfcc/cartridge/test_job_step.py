"""The job step of deploy/sfcc, run by Node.js over real feeds and real files, and the files that go with it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from cartage.records.order import OWN_ATTRIBUTES
from cartage.systems.sfcc.shipments.feed import feed
from sandbox.sfcc.jobs import JOBS

DEPLOY = Path(__file__).resolve().parents[4] / "deploy" / "sfcc"
CARTRIDGE = DEPLOY / "cartridges" / "int_cartage"
SCRIPTS = sorted(CARTRIDGE.rglob("*.js"))
STEP = CARTRIDGE / "cartridge/scripts/jobs/takeShipments.js"
NODE = shutil.which("node") or shutil.which("nodejs")
NAMESPACES = {"j": "http://www.demandware.com/xml/impex/jobs/2015-07-01"}

needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not installed: it runs the cartridge's scripts")


def order(number: str, *, status: int = 3, shipping: int = 0, shipments: tuple[str, ...] = ("me",)) -> dict[str, Any]:
    """Make an order of the shop: new (3), cancelled (6); not shipped (0), partly (1), shipped (2)."""
    made = [{"ID": each, "shipmentNo": f"0000{at}", "shippingStatus": 0} for at, each in enumerate(shipments, 1)]
    return {"orderNo": number, "status": status, "shippingStatus": shipping, "shipments": made}


def told(status: str, *shipments: tuple[str, str, str | None], **attributes: Any) -> dict[str, Any]:
    names = ("shipment-id", "shipping-status", "tracking-number")
    return {
        "shipping-status": status,
        "shipments": [dict(zip(names, each, strict=True)) for each in shipments],
        "custom-attributes": attributes,
    }


class Impex:
    """A shop's IMPEX folder, with feeds in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.feeds = root / "IMPEX/src/cartage/shipments"
        self.feeds.mkdir(parents=True)

    def leave(self, name: str, content: bytes) -> None:
        (self.feeds / name).write_bytes(content)

    def run(self, *orders: dict[str, Any], site: str = "RefArch") -> dict[str, Any]:
        given = {
            "step": str(STEP), "impex": str(self.root), "site": site, "orders": orders,
            "parameters": {"WorkingFolder": "cartage/shipments"},
        }  # fmt: skip
        command = [str(NODE), str(Path(__file__).with_name("platform.js")), json.dumps(given)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert answer.returncode == 0, answer.stderr
        done: dict[str, Any] = json.loads(answer.stdout)
        done["orders"] = {each["orderNo"]: each for each in done["orders"]}
        return done

    def log(self, folder: str, name: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        text = (self.feeds / folder / f"{name}.log.jsonl").read_text()
        *lines, last = [json.loads(each) for each in text.splitlines()]
        return lines, last["summary"]


@pytest.fixture
def impex(tmp_path: Path) -> Impex:
    return Impex(tmp_path)


@needs_node
def test_states_numbers_and_attributes_reach_the_order(impex: Impex) -> None:
    body = told(
        "PART_SHIPPED",
        ("me", "SHIPPED", "1Z <&> Ä"),
        ("00002", "NOT_SHIPPED", None),
        trackingNumbers=["1Z", "2Z"],
        erpOrderNo="SO1",
    )
    body["shipments"][0]["custom-attributes"] = {"trackingCarrier": "UPS"}
    impex.leave("RefArch_shipments_1.xml", feed("order", [("00017", body)]))
    done = impex.run(order("00017", shipments=("me", "gift")))
    assert done["code"] == "OK"
    seen = done["orders"]["00017"]
    assert (seen["shippingStatus"], seen["custom"]) == (1, {"trackingNumbers": ["1Z", "2Z"], "erpOrderNo": "SO1"})
    assert [(each["shippingStatus"], each.get("trackingNumber"), each["custom"]) for each in seen["shipments"]] == [
        (2, "1Z <&> Ä", {"trackingCarrier": "UPS"}),
        (0, None, {}),
    ]

    lines, summary = impex.log("archive", "RefArch_shipments_1.xml")
    assert lines == []
    counted = {name: summary[name] for name in ("status", "elements", "imported", "skipped", "errors", "warnings")}
    assert counted == {
        "status": "OK", "elements": {"order": 1, "shipment": 2}, "imported": 3, "skipped": 0, "errors": 0, "warnings": 0,
    }  # fmt: skip
    assert not list(impex.feeds.glob("*.xml"))
    assert (impex.feeds / "archive/RefArch_shipments_1.xml").exists()


@needs_node
def test_what_is_wrong_is_skipped_and_said_and_costs_nothing_else(impex: Impex) -> None:
    shipped = ("me", "SHIPPED", "1Z")
    orders = [
        ("NONE", told("SHIPPED", shipped)),
        ("GONE", told("SHIPPED", shipped)),
        ("GOOD", told("SHIPPED", shipped, ("other", "SHIPPED", "2Z"))),
        ("ODD", told("SHIPPED", shipped, colour="red")),
    ]
    impex.leave("RefArch_shipments_2.xml", feed("order", orders))
    done = impex.run(order("GONE", status=6), order("GOOD"), order("ODD"))
    assert (done["orders"]["GOOD"]["shippingStatus"], done["orders"]["GONE"]["shippingStatus"]) == (2, 0)

    lines, summary = impex.log("archive", "RefArch_shipments_2.xml")
    assert [(each["severity"], each["code"], each["element"], each["ids"], each["position"]) for each in lines] == [
        ("DATAERROR", "unknown_order", "order", {"order-no": "NONE"}, 1),
        ("DATAERROR", "order_cancelled", "order", {"order-no": "GONE"}, 2),
        ("DATAERROR", "unknown_shipment", "shipment", {"order-no": "GOOD", "shipment-id": "other"}, 2),
        ("DATAERROR", "refused", "order", {"order-no": "ODD"}, 4),
    ]
    assert (summary["skipped"], summary["errors"]) == (4, 4)


@needs_node
def test_nothing_is_unshipped(impex: Impex) -> None:
    impex.leave("RefArch_shipments_3.xml", feed("order", [("A", told("NOT_SHIPPED", ("me", "NOT_SHIPPED", None)))]))
    shipped = order("A", shipping=2)
    shipped["shipments"][0]["shippingStatus"] = 2
    seen = impex.run(shipped)["orders"]["A"]
    assert (seen["shippingStatus"], seen["shipments"][0]["shippingStatus"]) == (2, 2)


@needs_node
@pytest.mark.parametrize(
    "content", [b"<orders", b'<stores xmlns="http://www.demandware.com/xml/impex/store/2007-04-30"/>']
)
def test_a_feed_that_is_none_goes_to_error(impex: Impex, content: bytes) -> None:
    impex.leave("RefArch_shipments_4.xml", content)
    impex.leave("RefArch_shipments_5.xml", feed("order", [("A", told("SHIPPED", ("me", "SHIPPED", "1Z")))]))
    done = impex.run(order("A"))
    assert (done["code"], done["orders"]["A"]["shippingStatus"]) == ("ERROR", 2)
    lines, summary = impex.log("error", "RefArch_shipments_4.xml")
    assert (lines[0]["severity"], summary["status"]) == ("ERROR", "ERROR")


@needs_node
def test_a_site_takes_its_own_feeds_only(impex: Impex) -> None:
    impex.leave("RefArchUS_shipments_6.xml", feed("order", []))
    assert impex.run()["code"] == "NO_FILES_FOUND"
    assert impex.run(site="RefArchUS")["code"] == "OK"


@needs_node
def test_every_script_parses() -> None:
    for script in SCRIPTS:
        checked = subprocess.run(
            [str(NODE), "--check", str(script)], capture_output=True, text=True, timeout=60, check=False
        )
        assert checked.returncode == 0, checked.stderr


def test_every_step_type_has_its_script_and_every_job_its_step_type() -> None:
    types = json.loads((CARTRIDGE / "steptypes.json").read_text())["step-types"]["script-module-step"]
    for each in types:
        script = CARTRIDGE.parent / each["module"]
        assert re.search(rf"module\.exports = \{{ {each['function']}:", script.read_text()), script
    parameters = {each["@type-id"]: {one["@name"] for one in each["parameters"]["parameter"]} for each in types}
    jobs = etree.parse(DEPLOY / "site_import/jobs.xml")
    for step in jobs.iterfind(".//j:step", NAMESPACES):
        given = {each.get("name") for each in step.iterfind(".//j:parameter", NAMESPACES)}
        if step.get("type").startswith("custom."):
            assert given <= parameters[step.get("type")], step.get("step-id")


def test_jobs_are_those_that_the_settings_and_the_sandbox_know() -> None:
    jobs = etree.parse(DEPLOY / "site_import/jobs.xml")
    ids = {each.get("job-id") for each in jobs.iterfind("j:job", NAMESPACES)}
    assert ids == {*JOBS, "cartage-export-orders"}
    assert {each.get("enabled") for each in jobs.iterfind(".//j:run-recurring", NAMESPACES)} == {"false"}
    modes = {each.text for each in jobs.iterfind(".//j:parameter[@name='ImportMode']", NAMESPACES)}
    assert modes == {"Merge"}  # Replace would empty a list that a feed tells a part of
    for job, folder in JOBS.items():
        element = jobs.find(f"j:job[@job-id='{job}']", NAMESPACES)
        assert f"/{folder}" in {each.text for each in element.iterfind(".//j:parameter", NAMESPACES)}


def test_the_attributes_that_are_written_are_defined() -> None:
    metadata = etree.parse(DEPLOY / "site_import/meta/system-objecttype-extensions.xml")
    defined = {each.get("attribute-id") for each in metadata.iterfind(".//{*}attribute-definition")}
    assert defined == OWN_ATTRIBUTES
    kinds = {each.findtext("{*}type") for each in metadata.iterfind(".//{*}attribute-definition")}
    assert kinds == {"string", "set-of-string"}
