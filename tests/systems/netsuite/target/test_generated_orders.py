"""Orders of every variety that the sandbox's shop makes, from a real export into NetSuite and back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from cartage.mapping import load_mapping
from cartage.mapping.source import load_source
from cartage.records.outcome import Outcome
from cartage.systems.netsuite.references import NetSuiteReferences
from cartage.systems.netsuite.target_documents import records_of
from cartage.systems.netsuite.transform import to_documents
from cartage.systems.sfcc.xml.reader import DocumentReader, Limits, Reading
from cartage.systems.sfcc.xml.tables import Numbers, Origin
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import VARIETIES, variety
from tests.systems.netsuite.target.conftest import INCLUDE
from tests.systems.netsuite.target.shop import INTEGRATION

if TYPE_CHECKING:
    from pathlib import Path

    from cartage.records.batch import Batch
    from cartage.seams import Transformed
    from sandbox.shop.model import Order as ShopOrder
    from tests.systems.netsuite.target.conftest import Desk

SEEDS = 1


def exported(site: str, folder: Path) -> tuple[list[ShopOrder], Batch]:
    """Write orders of every variety of a site as an export, and read it as the flow does."""
    names = [name for name, each in VARIETIES.items() if each.site in (None, site)]
    orders = [variety(name, seed, site=site) for name in names for seed in range(SEEDS)]
    write_orders(folder / "orders.xml", orders)
    reader = DocumentReader(load_source("sfcc", "order", INCLUDE), Limits(megabytes=100))
    origin = Origin(site, "orders.xml", "2026-06-15T12:00:00.000000Z", 0, {})
    (found,) = reader.read(folder / "orders.xml", origin, Numbers.start("order"), Reading())
    return orders, found.batch


def transformed(desk: Desk, orders: Batch) -> Transformed:
    names = ("order", "customer", "contact", "deposit")
    return to_documents(
        orders,
        settings=desk.settings,
        mappings={name: load_mapping("netsuite", name, INCLUDE) for name in names},
        references=NetSuiteReferences(desk.hook, desk.settings),
        integration=INTEGRATION,
    )


@pytest.mark.parametrize("site", ["RefArch", "RefArchUS"])
def test_every_variety_lands_ties_out_and_lands_once(desk: Desk, site: str, tmp_path: Path) -> None:
    made, read = exported(site, tmp_path)
    documents = transformed(desk, read).documents
    desk.erp.forget()
    found = desk.verdicts(documents=documents)
    ended = Counter(each.outcome for each in found)
    assert ended.keys() <= {Outcome.CREATED, Outcome.SKIPPED, Outcome.UNCHANGED}, [
        (each.key, each.complaints) for each in found if each.outcome in (Outcome.REJECTED, Outcome.QUARANTINED)
    ]
    assert len(found) == len({each.row for each in found}) == len(records_of(documents))
    assert not [each for each in found if any(complaint.code == "total_differs" for complaint in each.complaints)]
    told = desk.erp.totals()
    for record in records_of(documents):
        for document in record.orders:
            if not document.cancels and document.expected is not None:
                assert told[document.external_id] == document.expected.total
    desk.erp.forget()
    again = desk.verdicts(documents=documents)
    assert {each.outcome for each in again} <= {Outcome.UNCHANGED, Outcome.SKIPPED}
    assert desk.erp.writes() == {}
    nothing_personal_is_kept(desk, made)


def nothing_personal_is_kept(desk: Desk, made: list[ShopOrder]) -> None:
    kept = "\n".join(f"{each.path}\n{each.request}\n{each.answer}" for each in desk.attempts())
    personal = set()
    for order in made:
        for address in (order.customer.billing, *(shipment.address for shipment in order.shipments)):
            personal |= {getattr(address, name, None) for name in ("last_name", "address1", "phone")}
        personal.add(order.customer.email)
    found = {each for each in personal if each and len(each) >= 3 and each in kept}
    assert not found
