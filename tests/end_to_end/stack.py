"""The whole stack for tests: a sandbox in a process of its own, and Airflow's `dag.test()` in this one."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from cryptography.fernet import Fernet

from sandbox.netsuite.config import make_credentials
from sandbox.shop.delivery import deliver, order_drop
from sandbox.shop.orders import NOW
from tests.ledgers import lay_tables
from tests.sandbox import forked

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from airflow.sdk import DAG

    from sandbox.shop.model import Order
    from tests.sandbox.forked import Forked

ROOT = Path(__file__).resolve().parents[2]
OUTCOMES = ("created", "updated", "unchanged", "superseded", "skipped", "held", "quarantined", "rejected")


@dataclass
class Stack:
    """A running sandbox, an empty ledger, and a way to run flows against them.

    Attributes:
        home: where all state of this stack lies.
        endpoints: what the sandbox wrote to ``endpoints.json``.
        process: the sandbox.
        include: the include folder the flows read; a copy, so that tests may change settings.
    """

    home: Path
    endpoints: dict[str, Any]
    process: Forked
    include: Path

    @classmethod
    def start(cls, home: Path) -> Stack:
        """Start a sandbox with state in `home` and point Airflow's connections at it."""
        include = home / "include"
        for folder in ("integrations", "mappings", "expectations"):
            shutil.copytree(ROOT / "include" / folder, include / folder)
        process = forked.start(home / "sandbox")
        stack = cls(home, process.endpoints(), process, include)
        stack.setting("stable_seconds: 20", "stable_seconds: 0")
        stack.setting("minutes: 120", "minutes: 100000000")
        stack.setting("poll_seconds: 1", "poll_seconds: 0.1")
        os.environ |= stack.endpoints["airflow"]
        os.environ |= {
            "CARTAGE_INCLUDE": str(include),
            "CARTAGE_STAGING": str(home / "staging"),
            "AIRFLOW_CONN_CARTAGE_LEDGER": json.dumps(
                {
                    "conn_type": "sqlite",
                    "host": str(home / "ledger.db"),
                    "extra": {"key": Fernet.generate_key().decode(), "hash_key": "tests"},
                }
            ),
        }
        lay_tables(home / "ledger.db")
        return stack

    def stop(self) -> None:
        """End the sandbox at once: nobody needs what it still holds."""
        self.process.end()

    @cached_property
    def ledger(self) -> Any:
        """The ledger, opened from this process."""
        from cartage.ledger import Ledger

        return Ledger.from_connection("cartage_ledger")

    def setting(self, old: str, new: str) -> None:
        """Change the integration's file; `old` must be in it."""
        path = self.include / "integrations" / "sfcc_netsuite.yaml"
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in the settings"
        path.write_text(text.replace(old, new), encoding="utf-8")

    @property
    def orders_folder(self) -> Path:
        """The shop's outbound folder for orders, as a local folder."""
        return self.home / "sandbox" / "sftp" / "outbound" / "orders"

    def drop(self, name: str, content: bytes, folder: Path | None = None) -> Path:
        """Leave a file as the shop's export does: under another name first."""
        target = (folder or self.orders_folder) / name
        partial = target.with_name(target.name + ".tmp")
        partial.write_bytes(content)
        partial.rename(target)
        return target

    def deliver(self, site: str, orders: Sequence[Order], at: datetime = NOW, **kwargs: Any) -> None:
        """Leave a drop of orders, and let the shop's SCAPI know them."""
        deliver(self.home / "sandbox", [order_drop(site, orders, at, **kwargs)])

    def run(self, flow: str = "orders", **conf: Any) -> dict[str, int]:
        """Run a flow once to its end and give its counts.

        Raises:
            AssertionError: the run did not succeed.
        """
        state, counts = self.try_run(flow, **conf)
        assert state == "success", f"{flow} ended {state}: {counts}; logs in {os.environ['AIRFLOW_HOME']}"
        assert counts["unaccounted"] == 0
        return counts

    def try_run(self, flow: str = "orders", **conf: Any) -> tuple[str, dict[str, int]]:
        """Run a flow once, however it ends, and give Airflow's state and the ledger's counts.

        Tasks are tried once: `dag.test()` would sleep through every wait between tries.
        """
        dag_run = dag_of(flow).test(run_conf=conf or None)
        return str(dag_run.state), self.counts(flow)

    def counts(self, flow: str = "orders") -> dict[str, int]:
        """Give the counts of a flow's newest run."""
        runs = self.ledger.runs.recent("sfcc_netsuite", flow, limit=1)
        if not runs:
            return {}
        balances = self.ledger.outcomes.balance(runs[0].id).values()
        counts = {name: sum(each.count(name) for each in balances) for name in OUTCOMES}
        counts["extracted"] = sum(each.extracted for each in balances)
        counts["unaccounted"] = sum(each.unaccounted for each in balances)
        return counts

    def verdicts(self, flow: str = "orders") -> dict[str, Any]:
        """Give the verdicts of a flow's newest run, by key."""
        run = self.ledger.runs.recent("sfcc_netsuite", flow, limit=1)[0]
        return {each.key: each for each in self.ledger.outcomes.verdicts(run.id)}

    @cached_property
    def netsuite(self) -> Any:
        """A hook of this process's own to read the sandbox's NetSuite with."""
        from cartage.systems.netsuite.hook import NetSuiteHook

        return NetSuiteHook("netsuite")

    def sales_orders(self) -> list[dict[str, Any]]:
        """Give all sales orders of the sandbox's NetSuite, with totals."""
        query = (
            "SELECT id, tranid, externalid, otherrefnum, foreigntotal, status, trandate, entity, custbody_ctg_order_no "
            "FROM transaction WHERE type = 'SalesOrd'"
        )
        columns = query.removeprefix("SELECT ").partition(" FROM ")[0].strip().split(", ")
        return list(self.netsuite.suiteql(query, key="id", columns=columns))

    def landed(self, order_no: str) -> tuple[Decimal, Decimal]:
        """Give what an order came to in NetSuite: the sum of its sales orders, and of its deposits.

        An order with several shipments is several sales orders with the same number.
        """
        orders = [each for each in self.sales_orders() if each["custbody_ctg_order_no"] == order_no]
        ids = ",".join(each["id"] for each in orders) or "0"
        query = (
            "SELECT t.id, t.foreigntotal FROM transaction t "
            "JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T' "
            f"WHERE t.type = 'CustDep' AND l.createdfrom IN ({ids})"
        )
        deposits = list(self.netsuite.suiteql(query, key="id", columns=["id", "foreigntotal"]))
        total, paid = (sum((Decimal(each["foreigntotal"]) for each in some), Decimal(0)) for some in (orders, deposits))
        return total, paid

    def customers_made(self) -> list[str]:
        """Give the external ids of the customers that Cartage made."""
        query = "SELECT id, externalid FROM customer WHERE externalid LIKE 'sfcc%'"
        return [each["externalid"] for each in self.netsuite.suiteql(query, key="id", columns=["id", "externalid"])]

    def totals(self) -> dict[str, Decimal]:
        """Give what every order came to in NetSuite, by the shop's number."""
        sums: dict[str, Decimal] = {}
        for each in self.sales_orders():
            number = each["custbody_ctg_order_no"] or each["otherrefnum"]  # an earlier connector knows the latter only
            sums[number] = sums.get(number, Decimal(0)) + Decimal(each["foreigntotal"])
        return sums

    def writes(self) -> dict[str, int]:
        """Give how many writes NetSuite took since it was asked to forget, by record type."""
        return {name: count for name, count in self.control("netsuite", "GET")["writes"].items() if count}

    def reasons(self, flow: str = "orders") -> dict[str, list[str]]:
        """Give why records of the newest run are not in the ERP, for a test's message."""
        return {
            key: [f"{verdict.outcome}: {each.code}: {each.message}" for each in verdict.complaints]
            for key, verdict in self.verdicts(flow).items()
            if verdict.complaints
        }

    def shop_order(self, order_no: str, site: str) -> dict[str, Any]:
        """Give an order as the shop's SCAPI shows it."""
        from cartage.systems.sfcc.hook import SfccHook

        hook = SfccHook("sfcc_api")
        seen: dict[str, Any] = hook.request("GET", hook.order_path(order_no), params={"siteId": site})
        return seen

    def create_item(self, sku: str) -> None:
        """Create an item in NetSuite, as a person would who mends an unknown sku."""
        token = make_credentials(self.home / "sandbox").admin_token
        url = f"{self.endpoints['netsuite']['base_url']}/services/rest/record/v1/nonInventorySaleItem"
        item = {"itemId": sku, "externalId": sku}
        answer = requests.post(url, json=item, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert answer.status_code == 204, answer.text

    def control(self, system: str, method: str, path: str = "", **kwargs: Any) -> Any:
        """Call the sandbox's control interface of `netsuite` or `sfcc`."""
        base = self.endpoints[system]["control"]
        answer = requests.request(method, base + path, timeout=30, **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def dag_of(flow: str) -> DAG:
    """Give the real DAG of a flow, alone in Airflow's folder of DAGs, its tasks tried once."""
    from airflow.dag_processing.dagbag import DagBag

    folder = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(ROOT / "dags" / f"{flow}.py", folder)
    bag = DagBag(str(folder))
    assert not bag.import_errors, bag.import_errors
    dag = bag.dags[f"sfcc_netsuite.{flow}"]
    for task in dag.tasks:
        task.retries = 0
    return dag
