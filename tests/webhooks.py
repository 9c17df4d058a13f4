"""A real web server on loopback that alerts are posted to."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hooks(ThreadingHTTPServer):
    """Takes what is posted to it, or answers with an error."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posted: list[dict[str, Any]] = []
        self.status = 200


class _Handler(BaseHTTPRequestHandler):
    server: Hooks

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posted.append(body)
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(b"no: night@example.com is not known here")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


@contextmanager
def listening() -> Iterator[Hooks]:
    """Let the Airflow connection ``cartage_alerts`` lead to a server of one's own."""
    server = Hooks()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = {"conn_type": "http", "host": f"http://127.0.0.1:{server.server_port}"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_CARTAGE_ALERTS", json.dumps(connection))
        yield server
    server.shutdown()
    server.server_close()
