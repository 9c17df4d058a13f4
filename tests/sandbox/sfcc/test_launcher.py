"""``python -m sandbox`` as a developer meets it."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cartage.systems.netsuite.hook import NetSuiteHook
from sandbox.__main__ import main
from sandbox.sfcc.store import ShopStore
from tests.sandbox.shop_server import INCLUDE, running_shop, start, wait_for

if TYPE_CHECKING:
    import pytest

    from sandbox.endpoints import Endpoints


def test_endpoints_are_private_and_complete(shop: Endpoints) -> None:
    path = Path(shop.home) / "endpoints.json"

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(shop.airflow) == {"AIRFLOW_CONN_SFCC_SFTP", "AIRFLOW_CONN_SFCC_API", "AIRFLOW_CONN_NETSUITE"}
    for connection in map(json.loads, shop.airflow.values()):
        assert connection["conn_type"] in {"sftp", "sfcc", "netsuite"}
    assert Path(shop.sftp["private_key_path"]).exists()


def test_netsuite_is_there_and_takes_the_connection_as_written(
    shop: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_NETSUITE", shop.airflow["AIRFLOW_CONN_NETSUITE"])

    good, message = NetSuiteHook("netsuite").test_connection()

    assert good, message


def test_it_listens_on_loopback_only(shop: Endpoints) -> None:
    listening = [line.split() for line in Path(f"/proc/{shop.pid}/net/tcp").read_text().splitlines()[1:]]
    ports = {
        shop.sftp["port"],
        *(int(url.rsplit(":", 1)[1]) for url in (shop.sfcc["base_url"], shop.netsuite["base_url"])),
    }
    addresses = {
        address for _, local, _, state, *_ in listening
        for address, port in [local.split(":")] if state == "0A" and int(port, 16) in ports
    }  # fmt: skip

    assert addresses == {"0100007F"}


def test_a_second_one_does_not_take_the_same_home(shop: Endpoints) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "sandbox", "--home", shop.home, "--port-base", "0"],
        env={**os.environ, "PYTHONPATH": str(INCLUDE)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert second.returncode == 1
    assert f"running here already (process {shop.pid})" in second.stderr


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, "-m", "sandbox", "--home", str(tmp_path), "--port-base", str(port)],
            env={**os.environ, "PYTHONPATH": str(INCLUDE)}, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    assert ran.returncode == 1
    # The two ports behind it are anybody's: on a busy machine one of them may be taken too, and be met first.
    assert any(f"port {each} for " in ran.stderr for each in range(port, port + 3))
    assert "is taken. Stop what uses it, or give another --port-base" in ran.stderr
    assert not (tmp_path / "endpoints.json").exists()


def test_keys_credentials_and_orders_survive_a_restart(tmp_path: Path) -> None:
    with running_shop(tmp_path) as first:
        assert main(["drop", "--home", str(tmp_path), "--orders", "3", "--site", "RefArchUS"]) == 0
    with running_shop(tmp_path) as second:
        assert second.sftp["host_key"] == first.sftp["host_key"]
        assert second.sfcc["client_secret"] == first.sfcc["client_secret"]
    store = ShopStore(tmp_path)
    assert store.count("RefArchUS") == 3
    store.close()


def test_it_ends_on_an_interrupt_and_leaves_no_address_behind(tmp_path: Path) -> None:
    process = start(tmp_path)
    wait_for(tmp_path, process)

    process.send_signal(signal.SIGINT)

    assert process.wait(15) == 0
    assert not (tmp_path / "endpoints.json").exists()
    assert main(["status", "--home", str(tmp_path)]) == 1


def test_drops_appear_whole(shop: Endpoints, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drop", "--home", shop.home, "--bad", "cut_in_record"]) == 0
    path = Path(capsys.readouterr().out.strip())

    assert path.parent == Path(shop.sftp["root"]) / "outbound" / "orders"
    assert path.read_bytes().startswith(b"<?xml")
    assert not list(path.parent.glob("*.tmp"))
    path.unlink()
    assert main(["drop", "--home", shop.home, "--customers", "2", "--site", "RefArchUS"]) == 0
    customers = Path(capsys.readouterr().out.strip())
    assert (customers.parent.name, customers.read_bytes().count(b"</customer>")) == ("customers", 2)
    customers.unlink()
    assert main(["drop", "--home", shop.home, "--bad", "no-such-thing"]) == 2
    assert main(["drop", "--home", shop.home, "--bad", "list"]) == 0
    assert "gzip_bomb" in capsys.readouterr().out
