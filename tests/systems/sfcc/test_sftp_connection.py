"""The shop's SFTP server, when it is not who it should be, or not there: what stops the run, and what is tried again."""

from __future__ import annotations

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
