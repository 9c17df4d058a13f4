from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
import requests

from cartage.settings import load_settings
from cartage.staging import Staging
from tests.ledgers import new_ledger
from tests.systems.sfcc.feeds.feed_rows import INCLUDE
from tests.systems.sfcc.feeds.grounds import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.endpoints import Endpoints


@pytest.fixture
def ground(shop: Endpoints, tmp_path: Path) -> Iterator[Ground]:
    ledger = new_ledger(tmp_path / "ledger.db")
    yield Ground(shop, ledger, Staging(str(tmp_path / "staging")), load_settings("sfcc_netsuite", INCLUDE))
    requests.delete(shop.sfcc["control"], timeout=20)
    ledger.close()


@pytest.fixture
def apart(ground: Ground) -> Ground:
    """Publish into a folder that no job of the shop looks into."""
    ground.feeds["folder"] = f"/inbound/{uuid.uuid4().hex}"
    return ground
