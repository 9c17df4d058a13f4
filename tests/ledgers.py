"""New ledgers for tests, copied from one whose tables were made once a process: making them takes ten times as long."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from cryptography.fernet import Fernet

from cartage.ledger import Ledger


def new_ledger(path: Path, key: str | None = None) -> Ledger:
    """Give a ledger that knows nothing yet.

    Args:
        path: of its SQLite file, which is not there yet.
        key: its Fernet key; without one, it gets one of its own.
    """
    lay_tables(path)
    return Ledger.open(f"sqlite:///{path}", key or Fernet.generate_key().decode())


def lay_tables(path: Path) -> None:
    """Make the file of a ledger that knows nothing yet, whoever is going to open it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_migrated(), path)


@cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cartage-ledger-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "ledger.db"
    ledger = Ledger.open(f"sqlite:///{path}", Fernet.generate_key().decode())
    ledger.migrate()
    ledger.close()  # with the last connection, all of it goes into the one file
    return path
