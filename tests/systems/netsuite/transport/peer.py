"""A real HTTP server that answers, or fails to, exactly as a test says."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "/services/rest/auth/oauth2/v1/token"


@dataclass(frozen=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    text: str
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Reply:
    """What to answer: a status with a body, late if told so, or a connection that is dropped."""

    status: int = 204
    body: str | dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drop: Literal["", "unanswered", "half"] = ""


Answers = Reply | Callable[[Seen], Reply]


def refusal(status: int, code: str, detail: str, path: str | None = None, **headers: str) -> Reply:
    entry = {"detail": detail, "o:errorCode": code} | ({"o:errorPath": path} if path else {})
    return Reply(status, {"title": "no", "status": status, "o:errorDetails": [entry]}, headers)


class Peer:
    """Serves on a loopback port until closed. The last reply of a route is repeated."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.seen: list[Seen] = []
        self.most_at_once = 0
        self._active = 0
        self._routes: dict[tuple[str, str], list[Answers]] = defaultdict(list)
        self._gate = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "https" if certificate else "http"
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.on("POST", TOKEN, Reply(200, {"access_token": "first", "expires_in": "3600", "token_type": "bearer"}))

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}"

    def on(self, method: str, path: str, *replies: Answers) -> None:
        self._routes[method, path] = list(replies)

    def requests(self, method: str, path: str) -> list[Seen]:
        return [each for each in self.seen if (each.method, each.path) == (method, path)]

    def answer(self, seen: Seen) -> Reply:
        with self._gate:
            self.seen.append(seen)
            if seen.path != TOKEN:
                self._active += 1
                self.most_at_once = max(self.most_at_once, self._active)
            replies = self._routes.get((seen.method, seen.path)) or [Reply(404, {"status": 404})]
            chosen = replies.pop(0) if len(replies) > 1 else replies[0]
        try:
            reply = chosen(seen) if callable(chosen) else chosen
            time.sleep(reply.delay)
            return reply
        finally:
            if seen.path != TOKEN:
                with self._gate:
                    self._active -= 1

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def closed_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _handler(peer: Peer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            began = time.monotonic()
            parts = urlsplit(self.path)
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            seen = Seen(str(self.command), parts.path, dict(parse_qsl(parts.query)), headers, text, began)
            reply = peer.answer(seen)
            if reply.drop == "unanswered":
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            body = json.dumps(reply.body) if isinstance(reply.body, (dict, list)) else reply.body or ""
            payload = body.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name.replace("_", "-"), value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload[: len(payload) // 2] if reply.drop == "half" else payload)
            self.close_connection = self.close_connection or reply.drop == "half"

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Be quiet."""

    return Handler
