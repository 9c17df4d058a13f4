"""Every variety under every other setting, written into the sandbox's NetSuite: it comes to what was predicted."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from test_shop_orders import CHOICES, read

from cartage.mapping import TargetMapping, canonical
from cartage.systems.netsuite.transform import to_documents
from conftest import INTEGRATION
from sandbox.catalogue import SHIPPING_METHODS
from sandbox.shop.orders import VARIETIES, variety
from tests.sandbox.netsuite.server import running_netsuite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx

SITE = "RefArch"
INCLUSIVE = "items whose prices include tax"


class Account:
    """What the running NetSuite knows, read by SuiteQL."""

    def __init__(self, client: httpx.Client) -> None:
        answer = client.post(
            "/query/v1/suiteql?limit=1000",
            json={"q": "SELECT id, itemid FROM item ORDER BY id"},
            headers={"Prefer": "transient"},
        )
        assert answer.status_code == 200, answer.text
        self._items = {row["itemid"]: row["id"] for row in answer.json()["items"]}

    def find(self, kind: str, values: set[str]) -> dict[str, str]:
        """Items by name; what the settings name by id stands for itself."""
        if kind == "item":
            return {each: self._items[each] for each in values if each in self._items}
        if kind == "shipping_method":
            return {each: SHIPPING_METHODS[each][0] for each in values if each in SHIPPING_METHODS}
        return {each: each for each in values}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    with running_netsuite(tmp_path) as endpoint, endpoint.integration as session:
        yield session


@pytest.mark.slow
@pytest.mark.parametrize("choice", [*(name for name in CHOICES if name != "as it comes"), INCLUSIVE])
def test_netsuite_comes_to_what_was_predicted(
    choice: str,
    client: httpx.Client,
    *,
    mappings: dict[str, TargetMapping],
    inclusive: dict[str, TargetMapping],
    settings_with: Callable[..., Any],
    tmp_path: Path,
) -> None:
    made = [variety(name, 5, site=SITE) for name, each in VARIETIES.items() if each.site in (None, SITE)]
    found = to_documents(
        read(made, tmp_path),
        settings=settings_with(CHOICES.get(choice)),
        mappings=inclusive if choice == INCLUSIVE else mappings,
        references=Account(client),
        integration=INTEGRATION,
    )
    written: dict[str, str] = {}
    compared = 0
    for row in found.documents.root.to_pylist():
        if row["action"] == "cancel":
            continue
        body = resolved(canonical.loads(row["body"]), written)
        path = f"/record/v1/{row['type']}/eid:{row['external_id']}"
        answer = client.put(path, content=canonical.dumps(body), headers={"Content-Type": "application/json"})
        assert answer.status_code == 204, (row["key"], row["type"], answer.text)
        written[row["external_id"]] = answer.headers["Location"].rpartition("/")[2]
        if row["expected"] and CHOICES.get(choice, {}).get("tax") != "erp":
            there = canonical.loads(client.get(path).content)
            expected = canonical.loads(row["expected"])
            assert Decimal(str(there["total"])) == Decimal(expected["total"]), row["key"]
            assert Decimal(str(there["taxTotal"])) == Decimal(expected["tax"]), row["key"]
            compared += 1
    assert compared > len(made) / 2 or CHOICES.get(choice, {}).get("tax") == "erp"


def resolved(value: Any, ids: dict[str, str]) -> Any:
    """Put internal ids where other documents are referred to."""
    if isinstance(value, dict):
        if "$document" in value:
            return {"id": ids[value["$document"]]}
        return {name: resolved(each, ids) for name, each in value.items()}
    return [resolved(each, ids) for each in value] if isinstance(value, list) else value
