"""Every test process gets an Airflow of its own, before anything imports Airflow."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    from collections.abc import Collection

    import pytest

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(tempfile.mkdtemp(prefix="cartage-tests-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

for name in [each for each in os.environ if each.startswith(("AIRFLOW", "CARTAGE_"))]:
    del os.environ[name]
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(HOME / "dags"),  # empty: `dag.test()` reads and writes all of it at each call
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(HOME / "logs"),
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "CARTAGE_INCLUDE": str(ROOT / "include"),
    "CARTAGE_STAGING": str(HOME / "staging"),
    "GX_ANALYTICS_ENABLED": "false",
    "PYTHONPATH": os.pathsep.join((str(ROOT / "plugins"), str(ROOT / "include"), str(ROOT))),
}

# Airflow and Great Expectations leave millions of objects that stay: looking through all of them for garbage, as often
# as a small program should, took up to a fifth of the time.
gc.set_threshold(50_000, 20, 10)

# The same examples every time, so that a change is judged by itself. `HYPOTHESIS_PROFILE=explore` looks further.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

GROUPS = {
    "tests/embedded/": "airflow",
    "tests/end_to_end/test_kills.py": "kills",
    "tests/end_to_end/test_kills_": "kills of feeds and on PostgreSQL",
    "tests/console/": "console",
}
"""Tests that share what is dear to set up (a running Airflow, a fork server), by the beginning of their address."""

ALONE = "tests/end_to_end/", "tests/systems/sfcc/inventory/test_week.py"
"""Where a test by itself is long enough to be given away alone. Elsewhere a file's tests share what they set up."""

LONGEST = (
    "kills",
    "airflow",
    "console",
    "tests/scaled/",
    "tests/end_to_end/test_orders.py::test_thousands",
    "tests/systems/sfcc/inventory/test_week.py::test_a_week_on_end",
    "tests/end_to_end/",
)
"""Groups, and beginnings of addresses, by how long they take: what comes last is short.

The scaled stack waits for the first that are done: six Airflows and fork servers that start at once would all be late.
"""


class ByGroup(LoadScopeScheduling):  # type: ignore[misc]
    """Gives tests of one group to one process, the longest groups first, so that no process is left with one at the end.

    The marks for groups say nothing under pytest 9: xdist 3.8 sets no ids.
    """

    def _split_scope(self, nodeid: str) -> str:
        group = next((group for place, group in GROUPS.items() if nodeid.startswith(place)), None)
        if group is None and not nodeid.startswith(ALONE):
            group = nodeid.partition("::")[0]
        return group or nodeid

    _in_order = False

    def _assign_work_unit(self, node: Any) -> None:
        if not self._in_order:
            for group in in_order(self.workqueue):
                self.workqueue.move_to_end(group)
            self._in_order = True
        super()._assign_work_unit(node)


def in_order(groups: Collection[str]) -> list[str]:
    """Give groups and single tests in the order in which they are given away: the longest first.

    End-to-end tests and all that is short are mixed: those keep a processor busy, many of these wait for a server, and
    where only such are left the processors are idle for a third of the time.
    """
    counts, seen = Counter(map(_rank, groups)), Counter[int]()
    places = {}
    for each in groups:
        rank = _rank(each)
        places[each] = min(rank, MIXED[0]), seen[rank] / counts[rank] if rank in MIXED else 0.0
        seen[rank] += 1
    return sorted(groups, key=places.__getitem__)


def _rank(group: str) -> int:
    """Give the place of a group, or of a test that is in none, among the longest."""
    return next((place for place, each in enumerate(LONGEST) if group.startswith(each)), len(LONGEST))


MIXED = len(LONGEST) - 1, len(LONGEST)
"""Ranks that are mixed, of end-to-end tests and of what is named nowhere: see `in_order`."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByGroup:
    """Distribute tests by group."""
    return ByGroup(config, log)
