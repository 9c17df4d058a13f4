"""The shop's jobs: they import feeds from the folders below ``/inbound`` and keep a record of their executions."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from sandbox.sfcc.conduct import JobFailed
from sandbox.sfcc.database import stamp
from sandbox.sfcc.feeds.importer import Aborted, Importer, Task
from sandbox.sfcc.feeds.inventory import InventoryImporter
from sandbox.sfcc.feeds.log import SUFFIX, ImportLog
from sandbox.sfcc.feeds.prices import PriceBookImporter
from sandbox.sfcc.feeds.reading import Refused, root_of
from sandbox.sfcc.feeds.shipments import ShipmentImporter
from sandbox.sfcc.feeds.shipping_orders import FORMAT as SHIPPING_ORDERS
from sandbox.sfcc.feeds.shipping_orders import ShippingOrderImporter
from sandbox.sfcc.feeds.stores import StoreImporter
from sandbox.sfcc.feeds.text_log import import_lines, stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from sqlite3 import Row

    from sandbox.sfcc.conduct import Conduct
    from sandbox.sfcc.feeds.importer import Mode
    from sandbox.sfcc.store import ShopStore

FEED = re.compile(r"[^.].*\.xml(\.gz)?")
"""Names of files that an import takes; everything else in its folder is left alone."""

JOBS = {
    "cartage-import-inventory": "inbound/inventory",
    "cartage-import-pricebooks": "inbound/pricebooks",
    "cartage-import-stores": "inbound/stores",
    "cartage-import-shipments": "inbound/shipments",
}
"""Job -> the folder whose feeds it imports."""

STEPS = {
    "cartage-import-inventory": "ImportInventoryLists",
    "cartage-import-pricebooks": "ImportPriceBook",
    "cartage-import-stores": "ImportStores",
    "cartage-import-shipments": "custom.Cartage.TakeShipments",
}
"""Job -> type of the step that imports. SFCC's own leave a log of each import in IMPEX, which the job's log names."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS job_executions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL,
    client_id TEXT,
    execution_status TEXT NOT NULL,
    exit_code TEXT,
    message TEXT,
    mode TEXT NOT NULL,
    log_file TEXT NOT NULL,
    start_time TEXT NOT NULL,
    end_time TEXT,
    modification_time TEXT NOT NULL,
    feeds TEXT NOT NULL DEFAULT '[]'
);
"""


@dataclass(frozen=True)
class Job:
    """A job: which folder it imports, and what its feeds are.

    Attributes:
        importer: takes its feeds.
        others: take feeds of other root elements, by their tags.
    """

    job_id: str
    folder: str
    importer: type[Importer]
    others: Mapping[str, type[Importer]] = field(default_factory=dict)

    def importer_of(self, feed: Path) -> type[Importer]:
        """Give what takes a feed."""
        return self.others.get(root_of(feed) or "", self.importer) if self.others else self.importer


class UnknownJob(Exception):  # noqa: N818 - named after OCAPI's fault
    """There is no such job."""


class JobAlreadyRunning(Exception):  # noqa: N818 - named after OCAPI's fault
    """The job runs already."""


@dataclass(frozen=True)
class Execution:
    """One execution of a job, with times as `stamp` writes them.

    Attributes:
        execution_status: pending, running or finished.
        exit_code: OK or ERROR; None until it is finished.
        feeds: the summaries of the feeds that it took, in their order (see `sandbox.sfcc.feeds.log`).
    """

    id: str
    job_id: str
    client_id: str | None
    execution_status: str
    exit_code: str | None
    message: str | None
    mode: Mode
    log_file: str
    start_time: str
    end_time: str | None
    modification_time: str
    feeds: list[dict[str, Any]]

    @property
    def step_type(self) -> str:
        """Type of the step that does the work; of a job of the platform's own, the one that exports site archives."""
        return STEPS.get(self.job_id, "ExportSiteArchive")


class Jobs:
    """Runs the jobs of the shop, each at most once at a time.

    Args:
        home: the sandbox's home; feeds lie in ``home/sftp/inbound``, logs in ``home/logs/jobs``.
        store: the shop.
        conduct: how imports are told to misbehave.
    """

    def __init__(self, home: Path, store: ShopStore, conduct: Conduct) -> None:
        self._home = home
        self._store = store
        self._conduct = conduct
        self._gate = threading.Lock()
        self._stop = threading.Event()
        self._running: dict[str, threading.Thread] = {}
        self._schedule: threading.Thread | None = None
        importers: dict[str, type[Importer]] = {
            "cartage-import-inventory": InventoryImporter,
            "cartage-import-pricebooks": PriceBookImporter,
            "cartage-import-stores": StoreImporter,
            "cartage-import-shipments": ShipmentImporter,
        }
        others: dict[str, dict[str, type[Importer]]] = {
            "cartage-import-shipments": {SHIPPING_ORDERS.root: ShippingOrderImporter}
        }
        self.jobs = {
            job_id: Job(job_id, folder, importers[job_id], others.get(job_id, {})) for job_id, folder in JOBS.items()
        }
        store.database.define(_SCHEMA)
        self._end_lost()

    def _end_lost(self) -> None:
        """End what a stop of the instance broke off."""
        now = stamp(datetime.now(UTC))
        with self._store.database.transaction() as db:
            db.execute(
                "UPDATE job_executions SET execution_status = 'finished', exit_code = 'ERROR', end_time = ?, "
                "modification_time = ?, message = 'The instance was stopped during the execution.' "
                "WHERE execution_status <> 'finished'",
                (now, now),
            )

    def close(self) -> None:
        """Stop what runs, between two elements, and wait for it. Feeds that were begun stay where they are."""
        self._stop.set()
        for thread in [*self._running.values(), *([self._schedule] if self._schedule else [])]:
            thread.join()

    def every(self, seconds: float) -> None:
        """Run every job that has feeds to import, again and again, as a schedule of Business Manager does."""
        self._schedule = threading.Thread(target=self._keep, args=(seconds,), name="job-schedule", daemon=True)
        self._schedule.start()

    def _keep(self, seconds: float) -> None:
        while not self._stop.wait(seconds):
            for job in self.jobs.values():
                if self._feeds(job):
                    try:
                        self.start(job.job_id, client_id=None)
                    except JobAlreadyRunning:
                        continue

    def start(self, job_id: str, *, client_id: str | None, mode: Mode = "merge") -> Execution:
        """Start a job; gives its execution, which is pending.

        Raises:
            UnknownJob: there is none of this id.
            JobAlreadyRunning: it runs.
        """
        if job_id not in self.jobs:
            raise UnknownJob(job_id)
        return self._begin(job_id, client_id, mode, lambda execution: self._run(self.jobs[job_id], execution))

    def work(self, job_id: str, work: Callable[[], None], *, client_id: str | None) -> Execution:
        """Start a job of the platform's own, which takes no feeds; gives its execution, which is pending.

        Args:
            job_id: its id.
            work: what it does; what it raises ends the job with ERROR.
            client_id: who starts it.

        Raises:
            JobAlreadyRunning: it runs.
        """
        return self._begin(job_id, client_id, "merge", lambda execution: self._work(execution, work))

    def _begin(self, job_id: str, client_id: str | None, mode: Mode, run: Callable[[Execution], None]) -> Execution:
        with self._gate:
            running = self._running.get(job_id)
            if running and running.is_alive():
                raise JobAlreadyRunning(job_id)
            now = datetime.now(UTC)
            with self._store.database.transaction() as db:
                cursor = db.execute(
                    "INSERT INTO job_executions (job_id, client_id, execution_status, mode, log_file, start_time, "
                    "modification_time) VALUES (?, ?, 'pending', ?, ?, ?, ?)",
                    (job_id, client_id, mode, f"Job-{job_id}-{now:%Y%m%d%H%M%S%f}.log", stamp(now), stamp(now)),
                )
            execution = self.execution(job_id, str(cursor.lastrowid))
            assert execution is not None
            thread = threading.Thread(target=run, args=(execution,), name=job_id, daemon=True)
            self._running[job_id] = thread
            thread.start()
        return execution

    def _work(self, execution: Execution, work: Callable[[], None]) -> None:
        self._note(execution, "running", [])
        code, message = "OK", ""
        try:
            self._conduct.before_job(execution.job_id, self._stop)
            work()
        except (JobFailed, Aborted) as failed:
            code, message = "ERROR", str(failed) or "The instance was stopped during the execution."
        except Exception as error:  # noqa: BLE001 - it must end, whatever happens, or it would run for ever
            code, message = "ERROR", f"{type(error).__name__}: {error}"
        self._note(execution, "finished", [], code, message or None)

    def execution(self, job_id: str, execution_id: str) -> Execution | None:
        """Give an execution of a job, or None."""
        row = self._store.database.row(
            "SELECT * FROM job_executions WHERE job_id = ? AND id = ?", (job_id, execution_id)
        )
        return _execution(row) if row else None

    def executions(self) -> list[Execution]:
        """Give all executions, newest first."""
        return [_execution(row) for row in self._store.database.rows("SELECT * FROM job_executions ORDER BY id DESC")]

    def log_path(self, job_id: str, name: str) -> Path:
        """Give the place of an execution's log."""
        return self._home / "logs" / "jobs" / job_id / name

    def _feeds(self, job: Job) -> list[Path]:
        """Give the feeds that wait for a job, in alphanumeric order of their names."""
        folder = self._home / "sftp" / job.folder
        return sorted(
            (each for each in folder.glob("*") if FEED.fullmatch(each.name) and each.is_file()),
            key=lambda each: each.name,
        )

    def _run(self, job: Job, execution: Execution) -> None:
        path = self.log_path(job.job_id, execution.log_file)
        path.parent.mkdir(parents=True, exist_ok=True)
        feeds: list[dict[str, Any]] = []
        thread = f"SystemJobThread|{execution.id}|{job.job_id}|{execution.step_type} -"
        with path.open("w", encoding="utf-8") as log:

            def say(text: str, level: str = "INFO") -> None:
                log.write(stamped(level, f"{thread} {text}"))
                log.flush()

            self._note(execution, "running", feeds)
            say(f"Executing step [import] of type [{execution.step_type}] of job [{job.job_id}]")
            code, message = "OK", ""
            try:
                self._conduct.before_job(job.job_id, self._stop)
                for feed in self._feeds(job):
                    feeds.append(self._import(job, execution, feed))
                    self._tell(job, execution, feed, feeds, log)
                    self._note(execution, "running", feeds)
                refused = [each["feed"] for each in feeds if each["status"] == "ERROR"]
                if refused:
                    code, message = "ERROR", f"Refused: {', '.join(refused)}"
            except (JobFailed, Aborted) as failed:
                code, message = "ERROR", str(failed) or "The instance was stopped during the execution."
            except Exception as error:  # noqa: BLE001 - a job of its own must end, whatever happens, or it would run for ever
                code, message = "ERROR", f"{type(error).__name__}: {error}"
            say(f"Step [import] finished with status [{code}] {message}".rstrip(), "INFO" if code == "OK" else "ERROR")
        self._note(execution, "finished", feeds, code, message or None)

    def _tell(self, job: Job, execution: Execution, feed: Path, feeds: list[dict[str, Any]], log: IO[str]) -> None:
        """Write of a feed's import as SFCC does: in a log of its own that the job's names, or, of a custom step, there."""
        folder = feed.parent / ("archive" if feeds[-1]["status"] == "OK" else "error")
        kind = job.folder.rpartition("/")[2]
        lines = import_lines(
            folder / (feed.name + SUFFIX), folder / feed.name, kind=kind, folder=f"cartage/{kind}", mode=execution.mode
        )
        if execution.step_type.startswith("custom."):
            log.writelines(lines)
            return
        name = f"{execution.step_type}-{execution.id}-{len(feeds)}.log"
        path = self._home / "impex" / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as own:
            own.writelines(lines)
        thread = f"SystemJobThread|{execution.id}|{job.job_id}|{execution.step_type} -"
        log.write(stamped("INFO", f"{thread} Import of cartage/{kind}/{feed.name}, log file [{name}]"))

    def _note(
        self, execution: Execution, status: str, feeds: list[dict[str, Any]], code: str | None = None,
        message: str | None = None,
    ) -> None:  # fmt: skip
        now = stamp(datetime.now(UTC))
        with self._store.database.transaction() as db:
            db.execute(
                "UPDATE job_executions SET execution_status = ?, exit_code = ?, message = ?, end_time = ?, "
                "modification_time = ?, feeds = ? WHERE id = ?",
                (status, code, message, now if code else None, now, json.dumps(feeds), execution.id),
            )

    def _import(self, job: Job, execution: Execution, feed: Path) -> dict[str, Any]:
        """Import one feed, move it away, and leave its log beside it."""
        started = stamp(datetime.now(UTC))
        about = {"feed": feed.name, "job": job.job_id, "execution": execution.id, "mode": execution.mode}
        log = ImportLog(self._home / "logs" / "imports" / f"{job.job_id}-{feed.name}", about)
        importer = job.importer_of(feed)(self._store, Task(feed.name, execution.mode, int(execution.id), log))
        ok = True
        try:
            self._conduct.before_import(job.job_id, feed.name, self._stop)
            importer.run(feed, self._stop.is_set)
        except Refused as refused:
            ok = False
            log.say("ERROR", refused.code, str(refused), line=refused.line)
        except BaseException:
            log.abandon()
            raise
        folder = feed.parent / ("archive" if ok else "error")
        folder.mkdir(exist_ok=True)
        summary = log.close(
            folder / (feed.name + SUFFIX), "OK" if ok else "ERROR",
            started_at=started, finished_at=stamp(datetime.now(UTC)),
        )  # fmt: skip
        feed.replace(folder / feed.name)
        return summary


def _execution(row: Row) -> Execution:
    return Execution(
        str(row["id"]), row["job_id"], row["client_id"], row["execution_status"], row["exit_code"], row["message"],
        row["mode"], row["log_file"], row["start_time"], row["end_time"], row["modification_time"],
        json.loads(row["feeds"]),
    )  # fmt: skip
