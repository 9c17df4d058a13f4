"""One running Airflow for all tests that need one: it takes half a minute to start.

It ends, and the browser with it, with the last of these tests: both keep a processor busy, and Playwright keeps an
event loop running in this thread, in which no other test could start its own.
"""

from __future__ import annotations

import json
import os
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from tests.embedded.browsing import CHROMIUM, LAPTOP, ZONE, console
from tests.embedded.running import Running, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext

SETTINGS = {
    'schedule: "*/15 * * * *"': 'schedule: "0 0 1 * *"',  # one run when it is switched on, and then none by itself
    'schedule: "*/10 * * * *"': 'schedule: "0 0 2 * *"',
    "stable_seconds: 20": "stable_seconds: 0",
    "acknowledge: scapi ": "acknowledge: none ",
    "webhook: null ": "webhook: cartage_alerts ",
    "minutes: 120": "minutes: 100000000",
    "poll_seconds: 1": "poll_seconds: 0.2",
    "to_zero_min: 20 ": "to_zero_min: 3 ",
    "to_zero_share: 0.2 ": "to_zero_share: 0.1 ",
}


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give the whole stack; tests that share it leave no flow switched on but their own, and no setting changed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = {"conn_type": "http", "host": f"http://127.0.0.1:{server.server_port}"}
    variables = {
        "AIRFLOW_CONN_CARTAGE_ALERTS": json.dumps(connection),
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",  # a second before each task is most of a short run
        "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "2",  # questions whose time is up are looked for so often
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",  # see `Running.parse_again`
    }
    before = dict(os.environ)
    stack = Running.start(tmp_path_factory.mktemp("running"), SETTINGS, variables)
    yield stack
    stack.stop()
    server.shutdown()
    server.server_close()
    for name in os.environ.keys() - before.keys():  # connections that the stack's tests opened
        del os.environ[name]
    os.environ |= before


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Give the browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright here: see requirements-test.txt")
    with playwright.sync_playwright() as driver:
        # Without its own sandbox, since tests run as root in a container.
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="package")
def context(browser: Browser, running: Running) -> Iterator[BrowserContext]:
    """Give the browser of somebody who has signed in, and whose zone the console has learned."""
    opened = browser.new_context(locale="en-GB", timezone_id=ZONE, viewport=LAPTOP)
    token = str(running.client.session.headers["Authorization"]).removeprefix("Bearer ")
    opened.add_cookies([{"name": "_token", "value": token, "url": running.client.base}])
    opened.set_default_timeout(60_000)
    first = opened.new_page()
    first.goto(f"{running.client.base}/plugin/cartage")
    console(first).locator(f'html[data-zone="{ZONE}"]').wait_for()
    first.close()
    yield opened
    opened.close()
