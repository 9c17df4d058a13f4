"""NetSuite's sandbox with an Airflow connection to it, and what people there do."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.seams import Told
from cartage.settings import Settings, load_settings
from cartage.systems.netsuite.hook import NetSuiteHook
from tests.sandbox.netsuite.server import NetSuiteEndpoint, running_netsuite

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INCLUDE = Path(__file__).parents[4] / "include"


@dataclass
class Account:
    """A running NetSuite and a hook on it."""

    endpoint: NetSuiteEndpoint
    hook: NetSuiteHook = field(repr=False)

    def errand(self, name: str, **document: Any) -> dict[str, Any]:
        """Let somebody in the office do something."""
        answer = self.endpoint.client.post(f"{self.endpoint.url}/sandbox/office/{name}", json=document)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def order(self, number: str, lines: dict[str, tuple[str, int]], **more: Any) -> None:
        """Write an order of the shop, as Cartage writes it: line id -> sku and quantity."""
        body = {
            "entity": {"id": "501"}, "tranDate": "2026-03-02", "orderStatus": {"id": "B"}, "location": {"id": "1"},
            "custbody_ctg_site": "RefArch", "custbody_ctg_order_no": number, "externalId": f"t-{number}",
            "item": {"items": [
                {"item": {"externalId": sku}, "quantity": quantity, "price": {"id": "-1"}, "amount": 1, "custcol_ctg_line_id": line}
                for line, (sku, quantity) in lines.items()
            ]},
        } | more  # fmt: skip
        with self.endpoint.admin as client:
            answer = client.post("/record/v1/salesOrder", json=body)
        assert answer.status_code == 204, answer.text


class Remembered:
    """A ledger that remembers what the shop was told, without one."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys
        self.asked: list[Sequence[str] | None] = []

    def told(self, keys: Sequence[str] | None = None) -> Told:
        self.asked.append(keys)
        found = [key for key in self.keys if keys is None or key in set(keys)]
        empty = pa.nulls(len(found), pa.string())
        return Told(pa.table({"key": pa.array(found, pa.string()), "hash": empty, "value": empty, "as_of": empty}))

    def booked(self, *_: Any) -> Any:
        raise NotImplementedError

    def read_until(self) -> None:
        raise NotImplementedError


@contextmanager
def served(home: Path, **config: Any) -> Iterator[Account]:
    """Run an account, and let the connection `netsuite` of this process lead to it."""
    with running_netsuite(home, **config) as endpoint:
        login = endpoint.credentials
        extra = {
            "account": login.account, "client_id": login.client_id, "private_key": login.private_key,
            "certificate_id": login.certificate_id, "timeout": 20,
        }  # fmt: skip
        name = "AIRFLOW_CONN_NETSUITE"
        before = os.environ.get(name)
        os.environ[name] = json.dumps({"conn_type": "netsuite", "host": endpoint.url, "extra": extra})
        hook = NetSuiteHook(concurrency=3, patience=20)
        try:
            assert hook.account.account == login.account  # the connection is read before it is set back
        finally:
            os.environ.pop(name)
            if before is not None:
                os.environ[name] = before
        yield Account(endpoint, hook)
        hook.close()


def settings_with(overlay: str = "") -> Settings:
    """Give the settings of the integration's file, with a revision of `inventory` or `prices` laid over it."""
    return load_settings("sfcc_netsuite", INCLUDE, overlay)
