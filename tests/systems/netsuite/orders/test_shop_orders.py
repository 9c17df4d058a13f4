"""Orders as the sandbox's shop makes them, read from a real export: the documents come to what its oracle says.

Three witnesses: the export's totals (tie-out), the oracle (from the lines' amounts alone) and the payloads.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from erp_sums import ZERO, amount, items, tax_total, tenders, total

from cartage.mapping.source import load_source
from cartage.records.batch import Batch
from cartage.systems.sfcc.xml.reader import DocumentReader, Reading
from cartage.systems.sfcc.xml.tables import Numbers, Origin
from conftest import INCLUDE
from sandbox.shop.oracle import Expected, expect
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import VARIETIES, random_orders, variety

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from conftest import Documents
    from sandbox.shop.model import Order

TRIES = 2
CHOICES: dict[str, dict[str, Any]] = {
    "as it comes": {},
    "discount lines": {"discounts": "item_line", "options": "memo", "shipping": "item_line"},
    "header discount": {"discounts": "header", "addresses": "multi_ship_to", "bundles": "exploded"},
    "tax lines": {"tax": "tax_line", "gift_certificate_tender": "deposit"},
    "the ERP's taxes": {"tax": "erp", "gift_certificate_sale": "gift_certificate_item"},
}


def read(made: Iterable[Order], folder: Path) -> Batch:
    """Write orders of one site as an export and read it as the flow does."""
    orders = list(made)
    file = folder / "orders.xml"
    write_orders(file, orders)
    reader = DocumentReader(load_source("sfcc", "order", INCLUDE))
    origin = Origin(orders[0].site, file.name, "2026-06-15T12:00:00.000000Z", 0, {})
    found = list(reader.read(file, origin, Numbers.start("order"), Reading()))
    assert not any(each.verdicts for each in found)
    names = found[0].batch.tables
    return Batch("order", {name: pa.concat_tables([each.batch.tables[name] for each in found]) for name in names})


def of_every_variety(site: str) -> list[Order]:
    """Every variety of order that this site can have, several times."""
    return [
        variety(name, seed, site=site)
        for name, each in VARIETIES.items()
        if each.site in (None, site)
        for seed in range(TRIES)
    ]


@pytest.mark.parametrize("site", ["RefArch", "RefArchUS"])
@pytest.mark.parametrize("choice", CHOICES)
def test_every_variety_comes_to_what_the_oracle_says(
    choice: str, site: str, documents: Callable[..., Documents], tmp_path: Path
) -> None:
    made = of_every_variety(site)
    found = documents(read(made, tmp_path), **CHOICES[choice])
    check(made, found, CHOICES[choice])


@pytest.mark.parametrize("site", ["RefArch", "RefArchUS"])
def test_random_mixes_come_to_what_the_oracle_says(
    site: str, documents: Callable[..., Documents], tmp_path: Path
) -> None:
    made = list(random_orders(100, seed=7, site=site))
    check(made, documents(read(made, tmp_path)), {})


@pytest.mark.slow
@pytest.mark.parametrize("choice", CHOICES)
def test_thousands_of_random_mixes_come_to_what_the_oracle_says(
    choice: str, documents: Callable[..., Documents], tmp_path: Path
) -> None:
    for site in ("RefArch", "RefArchUS"):
        made = list(random_orders(400, seed=11, site=site))
        check(made, documents(read(made, tmp_path), **CHOICES[choice]), CHOICES[choice])


def check(made: list[Order], found: Documents, choice: dict[str, Any]) -> None:
    held = {verdict.key for verdict in found.transformed.verdicts}
    by_order: dict[str, list[dict[str, Any]]] = {}
    for document in found.all:
        by_order.setdefault(document["key"], []).append(document)
    for order in made:
        key, wanted = f"{order.site}/{order.order_no}", expect(order)
        if wanted.fate == "quarantined":
            assert key in held, f"{key} of {order.varieties} should be held back"
            continue
        assert key not in held, (order.varieties, [v for v in found.transformed.verdicts if v.key == key])
        closed = [each for each in by_order[key] if each["action"] == "cancel"]
        if closed:
            assert order.status in ("CANCELLED", "REPLACED")
            continue
        bodies = [each["body"] for each in by_order[key] if each["type"] == "salesOrder"]
        _check_money(bodies, wanted, choice, order)


def _check_money(bodies: list[dict[str, Any]], wanted: Expected, choice: dict[str, Any], order: Order) -> None:
    what = (order.order_no, order.varieties)
    tax_elsewhere = wanted.total.tax if choice.get("tax") == "erp" else ZERO
    assert sum(total(body) + tenders(body) for body in bodies) == wanted.total.gross - tax_elsewhere, what
    assert {body["tranDate"] for body in bodies} == {wanted.day.isoformat()}, what
    if "tax" not in choice:
        assert sum(map(tax_total, bodies), ZERO) == wanted.total.tax, what
        assert sum(amount(body["custbody_ctg_shop_shipping"]) for body in bodies) == wanted.shipping.net, what
    if choice.get("gift_certificate_tender") != "deposit":
        assert sum(map(tenders, bodies), ZERO) == wanted.certificates_tendered, what
    if not choice:
        assert _by_sku(bodies) == Counter({name: net for name, (_, net) in wanted.by_sku.items()}), what
        if len(bodies) > 1:
            by_shipment = {body["custbody_ctg_shipment_id"]: total(body) + tenders(body) for body in bodies}
            assert by_shipment == {name: gross for name, gross in wanted.shipments.items() if name in by_shipment}, what


def _by_sku(bodies: list[dict[str, Any]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for body in bodies:
        for line in items(body, "item"):
            if line["custcol_ctg_kind"] in ("product", "option"):
                found[line["custcol_ctg_sku"]] += Decimal(str(line["amount"]))  # type: ignore[assignment]
    return found
