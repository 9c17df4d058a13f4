"""NetSuite's sandbox over real HTTP, a real ledger, and a desk to send orders from."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import uvicorn

from cartage.settings import Settings, load_settings
from cartage.systems.netsuite import payload
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.references import NetSuiteReferences
from cartage.systems.netsuite.target import NetSuiteTarget
from cartage.windows import Selection, Window
from sandbox.netsuite.app import create_app
from sandbox.netsuite.config import NetSuiteConfig, make_credentials
from tests.ledgers import new_ledger
from tests.systems.netsuite.target.shop import INTEGRATION, Order, batch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger import Ledger
    from cartage.records.batch import Batch
    from cartage.records.outcome import Verdict
    from cartage.seams import Claim, Journal, Planned

INCLUDE = Path(__file__).parents[4] / "include"
RECORDS = "/services/rest/record/v1"


class Erp:
    """NetSuite as a person sees it: the sandbox, with the administrator's token."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, type_: str, id_: str) -> dict[str, Any]:
        answer = self._call("GET", f"{RECORDS}/{type_}/{id_}?expandSubResources=true")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = payload.loads(answer.content)
        return body

    def exists(self, type_: str, id_: str) -> bool:
        return self._call("GET", f"{RECORDS}/{type_}/{id_}").status_code == 200

    def create(self, type_: str, body: dict[str, Any]) -> str:
        answer = self._call("POST", f"{RECORDS}/{type_}", body)
        assert answer.status_code == 204, answer.text
        return answer.headers["Location"].rpartition("/")[2]

    def update(self, type_: str, id_: str, body: dict[str, Any]) -> None:
        answer = self._call("PATCH", f"{RECORDS}/{type_}/{id_}", body)
        assert answer.status_code == 204, answer.text

    def delete(self, type_: str, id_: str) -> None:
        answer = self._call("DELETE", f"{RECORDS}/{type_}/{id_}")
        assert answer.status_code == 204, answer.text

    def transform(self, type_: str, id_: str, target: str, body: dict[str, Any]) -> None:
        answer = self._call("POST", f"{RECORDS}/{type_}/{id_}/!transform/{target}", body)
        assert answer.status_code == 204, answer.text

    def fault(self, match: str, **fault: Any) -> None:
        self.control(faults=[{"match": match, **fault}])

    def control(self, **document: Any) -> None:
        answer = self._call("POST", "/sandbox/control", document)
        assert answer.status_code == 200, answer.text

    def reset(self) -> None:
        """Forget faults and counts; the records stay."""
        self._call("POST", "/sandbox/control/reset")

    def forget(self) -> None:
        """Forget counts and faults alike, as `reset` does."""
        self.reset()

    def totals(self) -> dict[str, Decimal]:
        """Give the totals of all sales orders by external id."""
        query = "SELECT t.id, t.externalid, t.foreigntotal FROM transaction t WHERE t.type = 'SalesOrd' AND t.externalid IS NOT NULL"
        answer = requests.post(
            f"{self.url}/services/rest/query/v1/suiteql?limit=1000",
            data=payload.dumps({"q": query}),
            headers=self._headers | {"Content-Type": "application/json", "Prefer": "transient"},
            timeout=20,
        )
        return {each["externalid"]: Decimal(each["foreigntotal"]) for each in answer.json()["items"]}

    def writes(self) -> dict[str, int]:
        return dict(self._call("GET", "/sandbox/control").json()["writes"])

    def requests(self) -> dict[str, int]:
        return dict(self._call("GET", "/sandbox/control").json()["requests"])

    def _call(self, method: str, path: str, body: Any = None) -> requests.Response:
        text = None if body is None else payload.dumps(body)
        headers = self._headers | {"Content-Type": "application/json"}
        return requests.request(method, self.url + path, data=text, headers=headers, timeout=20)


@dataclass
class Desk:
    """Sends orders to the sandbox with a ledger, and looks at what became of them."""

    erp: Erp
    hook: NetSuiteHook
    ledger: Ledger
    settings: Settings
    items: dict[str, str] = field(default_factory=dict)
    run: int = 0

    def set(self, **changed: dict[str, Any]) -> None:
        """Change settings: ``set(orders={"adopt": False})``."""
        parts = {name: getattr(self.settings, name).model_copy(update=values) for name, values in changed.items()}
        self.settings = self.settings.model_copy(update=parts)

    def target(self, hook: NetSuiteHook | None = None) -> NetSuiteTarget:
        return NetSuiteTarget(hook or self.hook, self.settings, INTEGRATION)

    def journal(self, holder: str = "load[0]") -> Journal:
        return self.ledger.journal(self.run, INTEGRATION, "netsuite", holder=holder)

    def new_run(self) -> None:
        """Begin another run, as the next schedule does."""
        moment = Window.of({"since": None, "until": "2026-03-01T12:00:00+00:00"})
        if self.run:
            self.ledger.runs.close(self.run, "settled")
        self.run = self.ledger.runs.open(
            integration=INTEGRATION, flow="orders", dag_id="d", dag_run_id=f"run-{self.run + 1}", run_type="scheduled",
            started_by=None, window=moment, selection=Selection(), settings_digest="0" * 64,
        )  # fmt: skip

    def batch(self, *orders: Order) -> Batch:
        return batch(*orders, items=self.items)

    def verdicts(
        self, *orders: Order, documents: Batch | None = None, hook: NetSuiteHook | None = None
    ) -> list[Verdict]:
        self.new_run()
        return list(self.target(hook).write(documents or self.batch(*orders), self.journal()))

    def write(
        self, *orders: Order, documents: Batch | None = None, hook: NetSuiteHook | None = None
    ) -> dict[str, Verdict]:
        """Write in a run of its own, and give verdicts by order number."""
        return {each.key.rpartition("/")[2]: each for each in self.verdicts(*orders, documents=documents, hook=hook)}

    def write_some(
        self, *orders: Order, again: bool = False, hook: NetSuiteHook | None = None
    ) -> tuple[dict[str, Verdict], Exception | None]:
        """Write what can be written, and give the error that was raised in the end; `again` is the same run's next try."""
        if not again:
            self.new_run()
        found = {}
        try:
            for verdict in self.target(hook).write(self.batch(*orders), self.journal()):
                found[verdict.key.rpartition("/")[2]] = verdict
        except Exception as error:  # noqa: BLE001 - the test looks at it
            return found, error
        return found, None

    def plan(self, *orders: Order, documents: Batch | None = None) -> dict[str, Planned]:
        """Say what would be done, by the type of document and its place among those of its type."""
        found: dict[str, Planned] = {}
        for each in self.target().plan(documents or self.batch(*orders)):
            found[each.document.type if each.document.type not in found else f"{each.document.type} {len(found)}"] = (
                each
            )
        return found

    def claim(self, documents: Batch, holder: str = "load[0]") -> list[Claim]:
        """Note intents, as a task does that is killed before its results."""
        from cartage.systems.netsuite.target_documents import records_of

        wanted = {each.id: each.wanted for record in records_of(documents) for each in record.documents}
        return self.journal(holder).claim(list(wanted.values()))

    def numbers(self) -> set[str]:
        """Give the document numbers that the ledger knows."""
        import sqlalchemy as sa

        from cartage.ledger.tables import documents

        with self.ledger._database.read() as connection:
            return set(connection.execute(sa.select(documents.c.number)).scalars())

    def attempts(self) -> list[Any]:
        """Give the requests that the ledger keeps."""
        import sqlalchemy as sa

        from cartage.ledger.tables import attempts

        with self.ledger._database.read() as connection:
            return list(connection.execute(sa.select(attempts)))

    def order(self, order: Order) -> dict[str, Any]:
        return self.erp.get("salesOrder", f"eid:{order.order_id}")

    def lines(self, order: Order) -> dict[str, dict[str, Any]]:
        return {each["custcol_ctg_line_id"]: each for each in self.order(order)["item"]["items"]}


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    """Serve a NetSuite account for a file's tests; each of them uses customers and orders of its own."""
    home = tmp_path_factory.mktemp("netsuite")
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    credentials = make_credentials(home)
    app = create_app(home, NetSuiteConfig(credentials=credentials, base_url=url, concurrency=10))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield url, credentials
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def erp(served: tuple[str, Any]) -> Iterator[Erp]:
    url, credentials = served
    erp = Erp(url, credentials.admin_token)
    erp.reset()
    yield erp
    erp.reset()


@pytest.fixture
def connect(served: tuple[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make hooks on the sandbox."""
    url, credentials = served
    made: list[NetSuiteHook] = []

    def make(*, concurrency: int = 5, patience: float = 20.0, **extra: Any) -> NetSuiteHook:
        fields = {
            "account": credentials.account, "client_id": credentials.client_id, "private_key": credentials.private_key,
            "certificate_id": credentials.certificate_id, "timeout": 1, **extra,
        }  # fmt: skip
        monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", json.dumps({"conn_type": "netsuite", "host": url, "extra": fields}))
        hook = NetSuiteHook(concurrency=concurrency, patience=patience)
        assert hook.account.account == fields["account"]
        made.append(hook)
        return hook

    yield make
    for each in made:
        each.close()


@pytest.fixture
def hook(connect: Any) -> NetSuiteHook:
    made: NetSuiteHook = connect()
    return made


@pytest.fixture(scope="session")
def default_settings() -> Settings:
    return load_settings("sfcc_netsuite", INCLUDE)


@pytest.fixture
def empty_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that knows nothing, for when the first one is lost."""
    ledger = new_ledger(tmp_path / "another.db")
    yield ledger
    ledger.close()


@pytest.fixture
def desk(erp: Erp, hook: NetSuiteHook, default_settings: Settings, tmp_path: Path) -> Iterator[Desk]:
    ledger = new_ledger(tmp_path / "ledger.db")
    found = NetSuiteReferences(hook, default_settings).find("item", {"NL-1000", "NL-1001", "NL-1002"})
    desk = Desk(erp, hook, ledger, default_settings, {"ITEM": found["NL-1000"], "ITEM2": found["NL-1001"]})
    erp.reset()
    yield desk
    ledger.close()
