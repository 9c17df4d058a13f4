from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from tests.sandbox import forked
from tests.sandbox.sfcc.feeds import Shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.endpoints import Endpoints


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    with forked.serving(tmp_path_factory.mktemp("sandbox")) as endpoints:
        yield endpoints


@pytest.fixture(scope="session")
def signed_in_shop(shop: Endpoints) -> Shop:
    return Shop(shop)


@pytest.fixture
def ours(signed_in_shop: Shop) -> Iterator[Shop]:
    """The shop, with a token; what a test told it is forgotten afterwards."""
    signed_in_shop.authorise()
    signed_in_shop.orders_token = ""
    yield signed_in_shop
    requests.delete(signed_in_shop.endpoints.sfcc["control"], timeout=10)
    signed_in_shop.control("/clock", now=None)
