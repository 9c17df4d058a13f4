"""What Airflow calls the machine it runs on (`core.hostname_callable`): in a container, each service has its own."""

from __future__ import annotations

import os


def hostname() -> str:
    """Give the name that this process was given for its machine's."""
    return os.environ["HOSTNAME"]
