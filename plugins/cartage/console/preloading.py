"""Great Expectations, imported before somebody waits for it.

It takes ten seconds to import from a cold disk, and whoever checks an edited record needs it. So the first call of the
console begins the import in the background: Airflow's navigation shows the console's picture, so that call comes as
soon as anyone opens Airflow. The API server's start waits for nothing, and no other process of Airflow's serves the
console.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import cache

log = logging.getLogger(__name__)

PAUSE = 2.0
"""Seconds until it begins: the page that made the first call goes first."""


@cache
def begin() -> threading.Thread:
    """Begin the import, once a process; the process may end before it is done."""
    thread = threading.Timer(PAUSE, _load)
    thread.name, thread.daemon = "cartage-preload", True
    thread.start()
    return thread


def _load() -> None:
    begun = time.monotonic()
    try:
        from cartage.integrations import include_folder
        from cartage.quality import check, load_suite
        from cartage.records.batch import empty

        check(empty("order"), load_suite("order", include_folder()))  # its first check imports more
    except Exception:
        # Whoever checks a record will see the same, in their own answer.
        log.warning("Great Expectations could not be loaded ahead of its first use", exc_info=True)
    else:
        log.info(
            "Great Expectations is loaded after %.1f s; checking an edit takes it from here", time.monotonic() - begun
        )
