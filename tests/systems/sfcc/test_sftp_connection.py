"""The shop's SFTP server, when it is not who it should be, or not there: what stops the run, and what is tried again.

And what lost runs left on it.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.sftp.hooks.sftp import SFTPHook

from cartage.errors import BatchError, RetryableError
from cartage.systems.sfcc.sftp_folder import SftpFolder

if TYPE_CHECKING:
    from sandbox.endpoints import Endpoints
    from tests.systems.sfcc.conftest import Ground


def _connection(shop: Endpoints, **changes: Any) -> SFTPHook:
    values = {"remote_host": shop.sftp["host"], "port": shop.sftp["port"], "username": shop.sftp["username"],
              "password": shop.sftp["password"], "conn_retry_attempts": 1}  # fmt: skip
    hook = SFTPHook(ssh_conn_id="sfcc_sftp")
    for name, value in {**values, **changes}.items():
        setattr(hook, name, value)
    return hook


def test_an_unknown_host_key_stops_the_run_and_says_what_to_do(ground: Ground, shop: Endpoints) -> None:
    hook = _connection(shop, host_key=None)
    with pytest.raises(BatchError, match=r"host key is unknown.*extra `host_key`"):
        SftpFolder(hook).files(ground.settings.folder)


def test_another_host_key_stops_the_run(ground: Ground, shop: Endpoints) -> None:
    import asyncssh
    import paramiko

    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().split()[1]
    key = paramiko.Ed25519Key(data=__import__("base64").b64decode(other))
    with pytest.raises(BatchError, match="not the one in the connection"):
        SftpFolder(_connection(shop, host_key=key)).files(ground.settings.folder)


def test_wrong_credentials_stop_the_run(ground: Ground, shop: Endpoints) -> None:
    with pytest.raises(BatchError, match="refused user or key"):
        SftpFolder(_connection(shop, password="wrong", pkey=None, key_file=None)).files(ground.settings.folder)


def test_a_server_that_is_away_is_tried_again(ground: Ground, shop: Endpoints) -> None:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hook = _connection(shop, port=port, conn_timeout=2)
    with pytest.raises(RetryableError, match="tried again"):
        SftpFolder(hook).files(ground.settings.folder)


def test_a_missing_folder_says_which_setting(ground: Ground) -> None:
    with pytest.raises(BatchError, match=r"no folder /nowhere.*drops\.folder"):
        ground.server.files("/nowhere")


def test_half_files_that_lost_runs_left_are_swept_away_and_no_others(ground: Ground) -> None:
    folder = ground.settings.folder
    lost = "inventory_20261122T001500123Z_41_0001.xml.gz.part"
    young = "inventory_20261122T011500123Z_42_0001.xml.gz.part"
    foreign = ["inventory_latest.xml.gz.part", "prices_20261122T001500123Z_41_0001.xml.gz.part"]
    for name in (lost, *foreign):
        ground.leave(name, b"half", age=4000)
    ground.leave(young, b"half", age=3000)
    name = "inventory_20261122T021500123Z_43_0001.xml.gz"
    ground.server.put(f"{folder}/{name}", io.BytesIO(b"whole"), 5)
    assert ground.on_server(folder) == sorted([young, *foreign, name])

    ground.leave("acknowledgement_RefArch_7.xml.tmp", b"half", age=4000)
    ground.server.write(f"{folder}/acknowledgement_RefArch_8.xml", b"whole")
    assert ground.on_server(folder) == sorted([young, *foreign, name, "acknowledgement_RefArch_8.xml"])
