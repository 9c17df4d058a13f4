"""``python -m benchmarks [NAME ...]``: measure, print a line for each figure, and keep them in ``latest.json``.

Each benchmark has a process of its own, so that none inherits the memory, the caches or the threads of another.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.figures import keep, measure

NAMES = ("read_orders", "orders_pipeline", "push_orders", "inventory_feed_full", "inventory_feed_delta", "console")
"""Modules of this package; each has a function `run` that gives a `Figure`, or several."""


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmarks that are named, or all; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure; docs/benchmarks.md says what.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all unless said")
    names = parser.parse_args(arguments).names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    for name in names:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            figures = alone.submit(measure, name).result()
        for figure in figures:
            print(figure.line(), flush=True)
        keep(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
