"""Batches that are transformed side by side become what they become one after the other."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from golden_cases import basket
from neutral import orders, product

from cartage.errors import SettingsError
from cartage.mapping.model import Body
from cartage.systems.netsuite import side_by_side
from cartage.systems.netsuite.side_by_side import WORTH_A_WORKER, Setup, Worker, by_threads, by_workers, workers_for
from cartage.systems.netsuite.transform import known_of
from conftest import INTEGRATION, Catalogue
from sandbox.catalogue import PRODUCTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.mapping import TargetMapping
    from cartage.seams import Transformed
    from cartage.settings import Settings

SKUS = [PRODUCTS[0].sku, "nobody-knows-it", *(each.sku for each in PRODUCTS[1:6])]
BATCHES = [orders(basket(product(sku, "100.00", "19.00"))) for sku in SKUS]


@pytest.fixture
def setup(mappings: dict[str, TargetMapping], settings_with: Callable[..., Settings]) -> Setup:
    return Setup(settings_with(), mappings, INTEGRATION)


def seen(transformed: Transformed) -> tuple[Any, ...]:
    return transformed.documents.root.to_pylist(), transformed.verdicts


def test_batches_become_the_same_in_the_same_order_however_they_are_done(setup: Setup) -> None:
    alone = [seen(each) for each in by_workers(BATCHES, setup, Catalogue(), workers=0)]
    together = [seen(each) for each in by_workers(BATCHES, setup, Catalogue(), workers=2)]
    in_threads = [seen(each) for each in by_threads(BATCHES, setup, Catalogue(), threads=2)]

    assert together == in_threads == alone
    assert [len(documents) for documents, _ in alone] == [2, 0, 2, 2, 2, 2, 2]
    assert alone[1][1][0].complaints[0].code == "unknown_item"


def test_a_worker_does_the_work_itself(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    known = known_of(BATCHES[0], setup.settings, Catalogue())
    here = seen(setup.transform(BATCHES[0], known))

    def refuse(*_: Any, **__: Any) -> Transformed:
        raise AssertionError("this process did the worker's work")

    monkeypatch.setattr(side_by_side, "transform_with", refuse)  # in this process only
    with Worker(setup) as worker:
        assert seen(worker.transform(BATCHES[0], known)) == here


def test_the_batch_of_a_worker_that_was_killed_is_done_here(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    known = known_of(BATCHES[0], setup.settings, Catalogue())
    with Worker(setup) as worker:
        os.kill(worker.pid or 0, signal.SIGKILL)
        assert seen(worker.transform(BATCHES[0], known)) == seen(setup.transform(BATCHES[0], known))
        assert seen(worker.transform(BATCHES[2], known)) == seen(setup.transform(BATCHES[2], known))

    assert "its batch is done here" in caplog.text


@pytest.mark.parametrize("way", [by_workers, by_threads])
def test_a_wrong_mapping_is_said_as_without_help(way: Callable[..., Any], setup: Setup) -> None:
    order = setup.mappings["order"]
    wrong = order.file.model_copy(update={"body": Body({**order.file.body.root, "memo": "no_such_column"})})
    setup = replace(setup, mappings=setup.mappings | {"order": replace(order, file=wrong)})

    with pytest.raises(SettingsError, match="no_such_column"):
        list(way(BATCHES, setup, Catalogue(), 1))


def test_few_records_are_not_worth_a_worker() -> None:
    assert workers_for(WORTH_A_WORKER - 1) == 0
