"""Staging on S3, as docs/running.md sets it up: a URI and an Airflow connection."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from cartage.errors import BatchError
from cartage.operators import pins
from cartage.records.batch import BatchRef
from cartage.staging import Staging
from tests.staging.test_area import orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROOT = "s3://cartage_staging@bucket/folder"


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], set[str]]]:
    """Serve an S3 on loopback with an empty bucket, and give a function that lists what lies there."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    where = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
    connection = {"conn_type": "aws", "login": "cartage", "password": "secret-word", "extra": where}
    monkeypatch.setenv("AIRFLOW_CONN_CARTAGE_STAGING", json.dumps(connection))
    client = boto3.client("s3", aws_access_key_id="cartage", aws_secret_access_key="secret-word", **where)
    client.create_bucket(Bucket="bucket")
    yield lambda: {each["Key"] for each in client.list_objects_v2(Bucket="bucket").get("Contents", [])}
    server.stop()


def test_batches_drops_and_pins_lie_on_s3_until_they_are_swept(bucket: Callable[[], set[str]], tmp_path: Path) -> None:
    staging = Staging(ROOT)
    written = orders("00017", "00018")
    ref = BatchRef(**staging.write("a run", "extract", 0, orders("00016")).as_dict())
    staging.write("a run", "extract", 0, written)
    assert staging.read(ref).tables == written.tables

    drop = staging.land("flow", "a.xml", "ab" * 32, io.BytesIO(b"<orders/>"))
    with staging.open_landed(drop) as content, staging.local_path(drop) as local:
        assert content.read() == local.read_bytes() == b"<orders/>"
    with pytest.raises(BatchError, match="Put the file"):
        staging.open_landed(f"{drop}.gz")

    digest = pins.keep(ROOT, {"integrations/a.yaml": "name: a"})
    assert pins.lay_out(ROOT, digest, tmp_path) is None
    assert (tmp_path / "integrations" / "a.yaml").read_text() == "name: a"

    now = datetime.now(UTC)
    assert staging.sweep(now - timedelta(days=1)) == 0
    assert staging.sweep(now + timedelta(days=1)) == 1
    with pytest.raises(BatchError):
        staging.read(ref)
    assert bucket() == {f"folder/landing/flow/{'ab' * 32}/a.xml", f"folder/pins/{digest}.json"}
