from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.sandbox.shop_server import running_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.endpoints import Endpoints


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoints]:
    with running_shop(tmp_path_factory.mktemp("sandbox")) as endpoints:
        yield endpoints
