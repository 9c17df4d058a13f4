"""Batches that are transformed side by side become what they become one after the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from golden_cases import basket
from neutral import orders, product

from cartage.errors import SettingsError
from cartage.mapping.model import Body
from cartage.records.batch import Batch
from cartage.systems.netsuite import side_by_side
from cartage.systems.netsuite.side_by_side import WORTH_A_WORKER, Setup, by_workers, transform_all
from conftest import INTEGRATION, Catalogue
from sandbox.catalogue import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.mapping import TargetMapping
    from cartage.seams import Transformed
    from cartage.settings import Settings

SKUS = [PRODUCTS[0].sku, "nobody-knows-it", *(each.sku for each in PRODUCTS[1:6])]
ALONE = [orders(basket(product(sku, "100.00", "19.00"))) for sku in SKUS]


def numbered(batch: Batch, order: int) -> Batch:
    """Give the order another row number, as batches of one run have them."""
    tables = {
        name: table.set_column(
            table.schema.get_field_index("order"),
            table.schema.field("order"),
            pa.array([order] * table.num_rows, "int64"),
        )
        for name, table in batch.tables.items()
    }
    return Batch(batch.record, tables)


BATCHES = [numbered(batch, 10 * place) for place, batch in enumerate(ALONE)]


@pytest.fixture
def setup(mappings: dict[str, TargetMapping], settings_with: Callable[..., Settings]) -> Setup:
    return Setup(settings_with(), mappings, INTEGRATION)


def seen(transformed: Transformed) -> tuple[Any, ...]:
    return transformed.documents.root.to_pylist(), transformed.verdicts


def test_batches_become_the_same_in_the_same_order_however_they_are_done(setup: Setup) -> None:
    def done(workers: int, together: int, batches: list[Batch] = BATCHES) -> list[Any]:
        return [seen(each) for each in by_workers(batches, setup, Catalogue(), workers, together=together)]

    alone = done(0, 0)
    assert [len(documents) for documents, _ in alone] == [2, 0, 2, 2, 2, 2, 2]
    assert alone[1][1][0].complaints[0].code == "unknown_item"
    assert done(0, 3) == done(2, 3) == done(1, 0) == alone


def test_batches_whose_row_numbers_do_not_go_on_are_not_taken_together(setup: Setup) -> None:
    mixed = [BATCHES[3], BATCHES[2], BATCHES[2], BATCHES[4]]
    one_by_one = [seen(each) for each in by_workers(mixed, setup, Catalogue(), workers=0, together=0)]

    assert [seen(each) for each in by_workers(mixed, setup, Catalogue(), workers=0, together=100)] == one_by_one
    assert all(len(documents) == 2 for documents, _ in one_by_one)


@pytest.mark.parametrize("workers", [0, 1])
def test_a_wrong_mapping_is_said_as_without_help(workers: int, setup: Setup) -> None:
    order = setup.mappings["order"]
    wrong = order.file.model_copy(update={"body": Body({**order.file.body.root, "memo": "no_such_column"})})
    setup = replace(setup, mappings=setup.mappings | {"order": replace(order, file=wrong)})

    with pytest.raises(SettingsError, match="no_such_column"):
        list(by_workers(BATCHES, setup, Catalogue(), workers))


def test_few_records_start_no_process(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(
        side_by_side, "shared", lambda job, pieces, workers: asked.append(workers) or map(job.do, pieces)
    )
    list(transform_all(BATCHES, setup, Catalogue(), WORTH_A_WORKER - 1))

    assert asked == [0]
