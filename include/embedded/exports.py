"""The environment of a stack as shell exports, for those who run Airflow's commands themselves."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

from embedded.airflow import prepare
from embedded.environment import PORT, REPOSITORY, Home, environment


def print_exports() -> int:
    """Print the environment of the stack in this repository as shell exports, its databases set up.

    Returns:
        0, or 1 when no sandbox runs here.
    """
    home = Home(REPOSITORY / ".cartage", REPOSITORY / ".sandbox")
    written = home.sandbox / "endpoints.json"
    if not written.exists():
        print("No sandbox runs here: start one with `make sandbox` in another shell.", file=sys.stderr)
        return 1
    ours = environment(home, PORT, json.loads(written.read_text(encoding="utf-8"))["airflow"])
    prepare(ours)
    for name, value in sorted(ours.items()):
        if name.startswith(("AIRFLOW", "CARTAGE_", "PYTHONPATH", "GX_")):
            print(f"export {name}={shlex.quote(value)}")
    print(f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH")
    return 0
