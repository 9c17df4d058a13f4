from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.systems.netsuite.stock.served import Account, served

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """One account for all tests of prices: each uses items of its own."""
    with served(tmp_path_factory.mktemp("netsuite")) as account:
        yield account


@pytest.fixture
def account(running: Account) -> Iterator[Account]:
    running.endpoint.reset()
    yield running
    running.endpoint.reset()
