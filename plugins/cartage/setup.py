"""Set-up: the ledger's tables and the ERP's pools. Run ``python -m cartage.setup`` after each upgrade."""

from __future__ import annotations

import os
import sys

from cartage import pools
from cartage.errors import CartageError


def main() -> int:
    """Bring the ledger to the newest shape and make the pools; safe to repeat.

    Returns:
        The process's exit code.
    """
    from airflow.sdk.exceptions import AirflowNotFoundException

    from cartage.ledger import Ledger
    from cartage.operators.runtime import LEDGER_CONNECTION

    # As Airflow's own commands do: without it connections are looked for in the environment alone.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    try:
        Ledger.from_connection(LEDGER_CONNECTION).migrate()
        changed = pools.ensure()
    except (CartageError, AirflowNotFoundException) as error:
        print(f"cartage: {error}", file=sys.stderr)
        return 1
    for name, slots in changed.items():
        print(f"cartage: pool {name} has {slots} slots now")
    print("cartage: the ledger is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
