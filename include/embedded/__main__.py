"""``python -m embedded demo``: the whole stack on this machine, and one flow at work."""

from __future__ import annotations

import argparse
import sys

from embedded.demo import run_demo
from embedded.processes import StartError


def main() -> int:
    """Run the command that was asked for and give the exit code."""
    parser = argparse.ArgumentParser(prog="python -m embedded", description=__doc__)
    parser.add_argument("command", choices=["demo"])
    parser.parse_args()
    try:
        return run_demo()
    except StartError as error:
        print(f"\nCartage could not start: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
