"""The embedded stack on this machine.

``python -m embedded demo``: everything at once, and one flow at work.
``python -m embedded env``: the environment of a stack whose sandbox runs (`make sandbox`), as shell exports, with
its databases set up, so that ``airflow dags test sfcc_netsuite.orders`` works in that shell.
"""

from __future__ import annotations

import argparse
import sys

from embedded.demo import run_demo
from embedded.exports import print_exports
from embedded.processes import StartError


def main() -> int:
    """Run the command that was asked for and give the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m embedded", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=["demo", "env"])
    options = parser.parse_args()
    try:
        return run_demo() if options.command == "demo" else print_exports()
    except StartError as error:
        print(f"\nCartage could not start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
