"""The SFTP server, met by paramiko and by Airflow's own hook."""

from __future__ import annotations

import base64
import stat
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paramiko
import pytest
from airflow.providers.sftp.hooks.sftp import SFTPHook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.endpoints import Endpoints

ORDERS = "/outbound/orders"


@contextmanager
def signed_in(shop: Endpoints, **how: Any) -> Iterator[paramiko.SFTPClient]:
    kind, encoded = shop.sftp["host_key"].split()
    host_key = paramiko.PKey.from_type_string(kind, base64.b64decode(encoded))
    client = paramiko.SSHClient()
    client.get_host_keys().add(f"[127.0.0.1]:{shop.sftp['port']}", host_key.get_name(), host_key)
    how = how or {"password": shop.sftp["password"]}
    client.connect(
        shop.sftp["host"], shop.sftp["port"], shop.sftp["username"], look_for_keys=False, allow_agent=False, **how
    )
    try:
        yield client.open_sftp()
    finally:
        client.close()


def test_the_usual_folders_are_there(shop: Endpoints) -> None:
    with signed_in(shop) as sftp:
        for folder in shop.sftp["folders"]:
            assert stat.S_ISDIR(sftp.stat(folder).st_mode or 0)
        assert {"archive", "rejected"} <= set(sftp.listdir(ORDERS))
        assert sorted(sftp.listdir("/")) == ["inbound", "outbound"]


def test_files_grow_are_renamed_and_stay_what_they_were(shop: Endpoints) -> None:
    with signed_in(shop) as sftp:
        with sftp.open(f"{ORDERS}/growing.tmp", "w") as file:
            file.write("<orders>")
        first = sftp.stat(f"{ORDERS}/growing.tmp").st_size
        with sftp.open(f"{ORDERS}/growing.tmp", "a") as file:
            file.write("</orders>")
        second = sftp.stat(f"{ORDERS}/growing.tmp").st_size
        sftp.rename(f"{ORDERS}/growing.tmp", f"{ORDERS}/archive/whole.xml")
        with sftp.open(f"{ORDERS}/archive/whole.xml") as file:
            content = file.read()

        assert (first, second) == (8, 17)
        assert content == b"<orders></orders>"
        assert "growing.tmp" not in sftp.listdir(ORDERS)


def test_a_rename_does_not_overwrite_unless_it_is_a_posix_rename(shop: Endpoints) -> None:
    with signed_in(shop) as sftp:
        for name in ("one", "two"):
            with sftp.open(f"/inbound/acknowledgements/{name}", "w") as file:
                file.write(name)

        with pytest.raises(OSError, match="exists"):
            sftp.rename("/inbound/acknowledgements/one", "/inbound/acknowledgements/two")
        sftp.posix_rename("/inbound/acknowledgements/one", "/inbound/acknowledgements/two")

        with sftp.open("/inbound/acknowledgements/two") as file:
            assert file.read() == b"one"


@pytest.mark.parametrize("path", ["/../etc/passwd", "../../etc/passwd", "/outbound/../../etc/passwd", "..//..//x"])
def test_a_path_that_climbs_out_is_refused(shop: Endpoints, path: str) -> None:
    with signed_in(shop) as sftp:
        for attempt in (sftp.stat, sftp.open, sftp.listdir, sftp.remove):
            with pytest.raises(PermissionError):
                attempt(path)


def test_a_link_leads_nowhere(shop: Endpoints) -> None:
    outside = Path(shop.sftp["root"]) / "outbound" / "orders" / "leak"
    outside.symlink_to("/etc")
    try:
        with signed_in(shop) as sftp:
            with pytest.raises(PermissionError):
                sftp.stat(f"{ORDERS}/leak/hostname")
            with pytest.raises(PermissionError):
                sftp.symlink("/etc", f"{ORDERS}/another")
    finally:
        outside.unlink()


def test_only_who_may_gets_in(shop: Endpoints) -> None:
    with signed_in(shop, key_filename=shop.sftp["private_key_path"]) as sftp:
        assert sftp.listdir("/")
    with pytest.raises(paramiko.AuthenticationException), signed_in(shop, password="wrong"):
        pass
    with pytest.raises(paramiko.AuthenticationException), signed_in(shop, pkey=paramiko.RSAKey.generate(2048)):
        pass


def test_airflows_hook_takes_the_connection_as_written(
    shop: Endpoints, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SFCC_SFTP", shop.airflow["AIRFLOW_CONN_SFCC_SFTP"])
    local = tmp_path / "drop.xml"
    local.write_text("<orders/>")
    hook = SFTPHook("sfcc_sftp")

    hook.store_file("/outbound/customers/drop.xml", str(local))

    assert "drop.xml" in hook.list_directory("/outbound/customers")
    assert hook.path_exists("/outbound/customers/drop.xml")
    hook.delete_file("/outbound/customers/drop.xml")


def test_a_foreign_host_key_is_noticed(shop: Endpoints) -> None:
    foreign = paramiko.RSAKey.generate(2048)
    strange = replace(shop, sftp={**shop.sftp, "host_key": f"{foreign.get_name()} {foreign.get_base64()}"})

    with pytest.raises(paramiko.BadHostKeyException), signed_in(strange):
        pass
