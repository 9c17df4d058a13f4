"""The services of docker-compose.yaml as processes of this machine, all on loopback.

What they run, how they are asked whether they are well, and their environment are the compose file's own.
`instead` says what is put in place of its hosts, ports and paths, `dotenv` makes its secrets, and `HERE` what is set
besides.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from embedded import airflow
from embedded.processes import Processes, StartError, free_port
from tests.embedded.running import change, end_triggerer
from tests.end_to_end.stack import Stack
from tests.postgres import serving
from tests.sandbox import forked
from tests.scaled.composed import ROOT, Composed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger import Ledger
    from tests.postgres import Server

SERVICES = ("api-server", "scheduler", "dag-processor", "triggerer")
WORKERS = ("worker-1", "worker-2")
SETTINGS = {
    'schedule: "*/15 * * * *"': 'schedule: "0 0 1 * *"',  # a run when it is switched on, and then none by itself
    "stable_seconds: 20": "stable_seconds: 0",
    "minutes: 120": "minutes: 100000000",
    "batch_records: 1000": "batch_records: 6",  # so that there are several loads for the workers
}
HERE = {
    # In a container, all addresses are the container's, and each service has a host's name of its own.
    "AIRFLOW__API__HOST": "127.0.0.1",
    "AIRFLOW__CORE__HOSTNAME_CALLABLE": "tests.scaled.named.hostname",
    # Two cores do the work of several machines.
    "AIRFLOW__CELERY__WORKER_CONCURRENCY": "1",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
}
PATIENCE = 240


def instead(home: Path, *, api: int, database: int, broker: int) -> dict[str, str]:
    """Give what stands in place of hosts, ports and paths of containers."""
    return {
        "@postgres/": f"@127.0.0.1:{database}/",
        '"host":"postgres"': f'"host":"127.0.0.1","port":{database}',
        "redis://redis:6379": f"redis://127.0.0.1:{broker}",
        "CMD, redis-cli,": f'CMD, redis-cli, -p, "{broker}",',
        "http://api-server:8080": f"http://127.0.0.1:{api}",
        "http://localhost:8080": f"http://127.0.0.1:{api}",
        "/opt/cartage": str(home / "mounted"),
        "/opt/airflow": str(home / "airflow"),
        "/var/lib/cartage": str(home / "staging"),
    }


def dotenv(folder: Path) -> dict[str, str]:
    """Make the secrets as docs/running.md tells people to, in a folder of their own, and give them."""
    guide = (ROOT / "docs/running.md").read_text(encoding="utf-8")
    script = next(each for each in guide.split("```sh\n") if "> .env)" in each).partition("docker compose")[0]
    subprocess.run(["bash", "-euc", script], cwd=folder, check=True, capture_output=True)
    lines = (folder / ".env").read_text(encoding="utf-8").splitlines()
    return {name: value for name, _, value in (each.partition("=") for each in lines)}


def mount(folder: Path) -> None:
    """Lay this repository's folders where the compose file mounts them; settings are copied, so as to change some."""
    folder.mkdir()
    for name in ("dags", "plugins"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("integrations", "mappings", "expectations"):
        shutil.copytree(ROOT / "include" / name, folder / "include" / name)
    for old, new in SETTINGS.items():
        change(folder / "include", old, new)


@dataclass
class Scaled:
    """A sandbox and the services between its two halves.

    Attributes:
        home: where all state lies.
        composed: the compose file, as read.
        processes: the services, with the environment of all of them.
        postgres: the database server.
        api: the API server's port.
        sandbox: the two systems, to look at from this process.
    """

    home: Path
    composed: Composed
    processes: Processes
    postgres: Server
    api: int
    sandbox: Stack

    @classmethod
    @contextmanager
    def start(cls, home: Path) -> Iterator[Scaled]:
        """Start everything in the order of the compose file; all of it ends with the block."""
        api, database, broker = free_port(), free_port(), free_port()
        mount(home / "mounted")
        composed = Composed.read(dotenv(home), instead(home, api=api, database=database, broker=broker))
        with ExitStack() as ending:
            sandbox = forked.start(home / "sandbox")
            ending.callback(sandbox.end)
            password = composed.variables["POSTGRES_PASSWORD"]
            postgres = ending.enter_context(serving(user="cartage", password=password, port=database))
            systems = Stack(home, sandbox.endpoints(), sandbox, home / "mounted" / "include")
            surroundings = around() | composed.environment | systems.endpoints["airflow"] | HERE
            surroundings |= {"AIRFLOW__API__PORT": str(api), "PGHOST": "127.0.0.1", "PGPORT": str(database)}
            surroundings["PYTHONPATH"] += f":{ROOT}"
            scaled = cls(home, composed, Processes(home / "logs", surroundings), postgres, api, systems)
            ending.callback(scaled.processes.stop)
            ending.callback(end_triggerer, scaled.processes, "triggerer")
            scaled.begin(broker)
            yield scaled

    def begin(self, broker: int) -> None:
        """Start what the compose file starts, each once those are well that it depends on."""
        self.create_databases()
        redis = ["redis-server", "--bind", "127.0.0.1", "--port", str(broker), "--save", "", "--dir", str(self.home)]
        self.processes.start("redis", redis)
        for service in ("postgres", "redis"):
            assert self.well(service) == ""
        self.run(self.composed.command("setup"), "setup")
        for name in SERVICES:
            self.processes.start(name, named(name, self.composed.command(name)))
        for name in WORKERS:
            self.processes.start(name, named(name, [*self.composed.command("worker"), "--celery-hostname", name]))

    def create_databases(self) -> None:
        """Do what the image of PostgreSQL does when its volume is empty: a database, and the scripts mounted for it."""
        self.postgres.create(self.composed.services["postgres"]["environment"]["POSTGRES_DB"])
        with self.postgres.connect("airflow") as connection:
            for script in sorted((ROOT / "deploy/postgres").glob("*.sql")):
                connection.execute(script.read_bytes())

    def run(self, command: list[str], name: str, seconds: float = PATIENCE) -> str:
        """Run a command as a service would, and give what it says.

        Raises:
            StartError: it failed; the message quotes it.
        """
        done = subprocess.run(
            named(name, command), env=dict(self.processes.environment), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=seconds,
        )  # fmt: skip
        if done.returncode:
            raise StartError(
                f"{name}: {command} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
            )
        return done.stdout

    def well(self, service: str) -> str:
        """Ask as Docker does, and as often, whether a service is well: with nothing to say, it is."""
        kind = service.rstrip("-12")
        for _ in range(self.composed.services[kind]["healthcheck"]["retries"]):
            try:
                self.run(self.composed.health_check(kind), service)
            except StartError as error:
                said = str(error)
            else:
                return ""
            time.sleep(0.5)
        return said

    def wellness(self) -> dict[str, str]:
        """Ask all of them, at the same time."""
        names = ("postgres", "redis", *SERVICES, *WORKERS)
        with ThreadPoolExecutor() as pool:
            return dict(zip(names, pool.map(self.well, names), strict=True))

    @cached_property
    def client(self) -> airflow.Client:
        """Airflow's REST API, with the password that the API server printed for its one user."""
        self.processes.wait_until(lambda: airflow.healthy(self.api), what="the API server", seconds=PATIENCE)
        log = (self.home / "logs" / "api-server.log").read_text(encoding="utf-8")
        password = next(line for line in log.splitlines() if "Password for user" in line).rpartition(" ")[2]
        return airflow.Client(self.api, password)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, opened from this process by the connection of the services."""
        from cartage.ledger import Ledger

        given = json.loads(self.composed.environment["AIRFLOW_CONN_CARTAGE_LEDGER"])
        url = "postgresql://{login}:{password}@{host}:{port}/{schema}".format(**given)
        return Ledger.open(url, given["extra"]["key"], hash_key=given["extra"]["hash_key"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Give a run's tasks as Airflow's API tells them."""
        found: list[dict[str, Any]] = self.client.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances")[
            "task_instances"
        ]
        return found

    def report(self, dag_id: str, run_id: str) -> str:
        """Give the page of a run's quality, as the link in Airflow's UI opens it."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/validate/links"
        address = self.client.call("GET", path)["extra_links"]["Quality report"]
        return self.client.session.get(self.client.base + address, timeout=30).text

    def done_by_celery(self) -> int:
        """Give how many tasks Celery's own table of results says are done."""
        with self.postgres.connect("airflow") as connection:
            row = connection.execute("SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'").fetchone()
        return int(row[0]) if row else 0

    def counts(self, flow: str) -> dict[str, int]:
        """Give the outcomes of a flow's newest run that are not nought; every record has one."""
        run = self.ledger.runs.recent("sfcc_netsuite", flow, limit=1)[0]
        balances = self.ledger.outcomes.balance(run.id).values()
        assert run.state == "settled"
        assert [each.unaccounted for each in balances] == [0] * len(balances)
        return {outcome.value: number for each in balances for outcome, number in each.outcomes.items() if number}

    def everything(self) -> list[psutil.Process]:
        """Give every process there is of this stack, whoever started it; the systems' sandbox is none of it."""
        sessions = {each.pid for each in self.processes.running.values()}
        found = []
        for each in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if os.getsid(each.pid) in sessions or str(self.postgres.socket) in " ".join(each.cmdline()):
                    found.append(each)
        return found


def around() -> dict[str, str]:
    """Give this process's environment without what is Airflow's and ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CARTAGE_"))}
    return kept | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def named(host: str, command: list[str]) -> list[str]:
    """Let a command run on a host of this name."""
    return ["env", f"HOSTNAME={host}", *command]
