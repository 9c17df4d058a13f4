"""The ledger as the console's routes get it."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from fastapi import Depends

from cartage.ledger import Ledger


@cache
def open_ledger() -> Ledger:
    """Open the ledger of Airflow's connection `cartage_ledger`, once a process."""
    return Ledger.from_connection()


Book = Annotated[Ledger, Depends(open_ledger)]
"""The ledger, for a route."""
