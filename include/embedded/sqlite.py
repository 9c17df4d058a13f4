"""How Airflow's processes share one SQLite file. Named by the environment, so it imports nothing."""

from __future__ import annotations

WAITING = {"timeout": 60}
"""Seconds that a writer waits for another one. The driver's own 5 are soon gone when several flows start at once."""
