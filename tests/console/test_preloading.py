"""What takes long to import is imported before somebody waits for it, and only where the console is served."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient

from cartage.console import preloading
from cartage_plugin import console

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("airflow_database")


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[threading.Timer]]:
    """Give the imports that were begun, none of which gets to it."""
    begun: list[threading.Timer] = []

    class Slow(threading.Timer):
        def __init__(self, _: float, function: object) -> None:
            super().__init__(3600, function)  # type: ignore[arg-type]
            begun.append(self)

    monkeypatch.setattr(preloading.threading, "Timer", Slow)
    preloading.begin.cache_clear()
    yield begun
    preloading.begin.cache_clear()
    for each in begun:
        each.cancel()


def test_the_first_call_of_the_console_begins_it_once(timers: list[threading.Timer]) -> None:
    assert timers == [], "declaring the plugin begins nothing: every process of Airflow does that"
    browser = TestClient(console)
    for _ in range(2):
        assert browser.get("/static/icon.svg").status_code == 401
    (only,) = timers
    assert only.daemon, "it must not keep a server from ending"


def test_it_loads_what_a_check_needs(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with caplog.at_level(logging.INFO, logger="cartage.console.preloading"):
        preloading._load()
        assert "is loaded after" in caplog.text
        monkeypatch.setenv("CARTAGE_INCLUDE", "/nowhere")
        preloading._load()
    assert "could not be loaded ahead" in caplog.text
