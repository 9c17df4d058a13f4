"""Serves the whole sandbox in one asyncio process: SFTP, the shop's HTTP side and NetSuite, on loopback only."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from sandbox.endpoints import FILE, Endpoints, airflow_connections, shop_credentials
from sandbox.netsuite.app import create_app as create_netsuite
from sandbox.netsuite.config import NetSuiteConfig, make_credentials
from sandbox.sfcc import sftp
from sandbox.sfcc.account_manager import ApiClient
from sandbox.sfcc.app import create_app as create_sfcc
from sandbox.sfcc.conduct import Conduct
from sandbox.sfcc.inventory import ON_ORDER_LISTS, SITE_LISTS, STORE_LISTS
from sandbox.sfcc.jobs import JOBS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from sandbox.endpoints import SfccCredentials
    from sandbox.netsuite.config import Credentials

LOOPBACK = "127.0.0.1"


class Refused(Exception):  # noqa: N818 - what happened, not what kind of class it is
    """The sandbox cannot start; the message says why and what to do."""


@dataclass(frozen=True)
class Ports:
    """TCP ports; 0 is any free one."""

    sftp: int = 0
    sfcc: int = 0
    netsuite: int = 0

    @classmethod
    def from_base(cls, base: int) -> Ports:
        """Give three ports in a row, or any free ones when `base` is 0."""
        return cls(base, base + 1, base + 2) if base else cls()


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to `serve`, since several run in one process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def _owned(home: Path) -> Iterator[None]:
    """Own the home until the block ends; the lock goes with the process, however it ends."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise Refused(
                f"{home}: a sandbox is running here already (process {file.read().strip() or 'unknown'}). "
                "Stop it, or give another folder with --home."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _bound(port: int, what: str) -> socket.socket:
    """Bind a loopback port."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
    except OSError as error:
        bound.close()
        raise _taken(port, what) from error
    return bound


def _taken(port: int, what: str) -> Refused:
    return Refused(f"port {port} for {what} is taken. Stop what uses it, or give another --port-base (0: any free).")


def _http(app: ASGIApp) -> _Server:
    return _Server(
        uvicorn.Config(app, log_level="critical", access_log=False, lifespan="on", timeout_graceful_shutdown=3)
    )


async def serve(
    home: Path,
    ports: Ports,
    ready: Callable[[Endpoints], None],
    stop: asyncio.Event | None = None,
    *,
    import_seconds: float | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or `stop`.

    Args:
        home: folder for all state; made when missing.
        ports: where to listen.
        ready: called once every server accepts connections and ``endpoints.json`` is written.
        stop: ends it from within the process, where signals cannot (a thread in a test).
        import_seconds: how often the shop imports what lies in its inbound folders, as a schedule of Business
            Manager would; None: only when a job is started.

    Raises:
        Refused: the home or a port is in use.
    """
    with _owned(home):
        await _serve(home, ports, ready, stop or _stop_on_signals(), import_seconds)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return stop


async def _serve(
    home: Path, ports: Ports, ready: Callable[[Endpoints], None], stop: asyncio.Event, import_seconds: float | None
) -> None:
    shop, erp = shop_credentials(home), make_credentials(home)
    sockets = [_bound(ports.sfcc, "the shop's API"), _bound(ports.netsuite, "NetSuite")]
    urls = [f"http://{LOOPBACK}:{each.getsockname()[1]}" for each in sockets]
    client = ApiClient(shop.client_id, shop.client_secret, shop.tenant)
    config = NetSuiteConfig(credentials=erp, account=erp.account, base_url=urls[1])
    conduct = Conduct()
    servers = [
        _http(create_sfcc(home, client, conduct, import_seconds=import_seconds)),
        _http(create_netsuite(home, config)),
    ]
    try:
        login = sftp.SftpLogin(shop.sftp_username, shop.sftp_password)
        acceptor = await sftp.serve(home, login, ports.sftp, conduct)
    except OSError as error:
        raise _taken(ports.sftp, "SFTP") from error
    tasks = [asyncio.create_task(server.serve(sockets=[bound])) for server, bound in zip(servers, sockets, strict=True)]
    try:
        while not all(server.started for server in servers):
            if any(task.done() for task in tasks):
                raise Refused("an HTTP server of the sandbox ended while it was starting; its log says why.")
            await asyncio.sleep(0.01)
        endpoints = _endpoints(home, acceptor.get_port(), urls, shop, erp)
        endpoints.write()
        ready(endpoints)
        await stop.wait()
    finally:
        (home / FILE).unlink(missing_ok=True)
        acceptor.close()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)
        await acceptor.wait_closed()


def _endpoints(home: Path, sftp_port: int, urls: list[str], shop: SfccCredentials, erp: Credentials) -> Endpoints:
    drops = {
        "host": LOOPBACK,
        "port": sftp_port,
        "username": shop.sftp_username,
        "password": shop.sftp_password,
        "private_key_path": str(home / "keys" / "sftp_client_key"),
        "host_key": sftp.public_line(sftp.key_at(home / "keys" / "ssh_host_key")),
        "root": str(home / "sftp"),
        "folders": ["/" + folder for folder in sftp.FOLDERS],
    }
    sfcc_url, netsuite_url = urls
    client = ApiClient(shop.client_id, shop.client_secret, shop.tenant)
    api = {
        "base_url": sfcc_url,
        "token_url": f"{sfcc_url}/dwsso/oauth2/access_token",
        "client_id": shop.client_id,
        "client_secret": shop.client_secret,
        "tenant": shop.tenant,
        "organization": client.organization,
        "control": f"{sfcc_url}/sandbox/control",
        "ocapi_data_url": f"{sfcc_url}/s/-/dw/data/v23_2",
        "ocapi_shop_url": f"{sfcc_url}/s/{{site}}/dw/shop/v23_2",
        "jobs": {job_id: "/" + folder for job_id, folder in JOBS.items()},
        "inventory_lists": {
            "sites": SITE_LISTS,
            "stores": STORE_LISTS,
            "on_order": sorted(ON_ORDER_LISTS),
        },
    }
    netsuite = {
        "base_url": netsuite_url,
        "token_url": f"{netsuite_url}/services/rest/auth/oauth2/v1/token",
        "control": f"{netsuite_url}/sandbox/control",
        **vars(erp),
    }
    airflow = airflow_connections(drops, api, netsuite, erp)
    return Endpoints(os.getpid(), str(home), drops, api, netsuite, airflow)
