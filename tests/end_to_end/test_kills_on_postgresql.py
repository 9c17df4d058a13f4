"""Killed runs whose ledger is on PostgreSQL: rows are locked there, not the whole file, and connections break off.

`test_kills.py` says what is done to the flow; here it is done once where rows of documents are claimed, and once where
a task is killed that waits for a lock.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.killing import SAME, Victim, goes_on
from tests.end_to_end.test_kills import MOMENTS, acknowledging, leave, moved, replayed, same_in_both, some_orders

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.stack import Stack
    from tests.postgres import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(stack: Stack, postgres_server: Server, postgres_ledger_url: str) -> Stack:
    """A fresh stack with its ledger in a database of its own."""
    database = postgres_ledger_url.partition("@/")[2].partition("?")[0]
    connection = json.loads(os.environ["AIRFLOW_CONN_CARTAGE_LEDGER"]) | {
        "conn_type": "postgres", "host": str(postgres_server.socket), "login": postgres_server.user, "schema": database,
    }  # fmt: skip
    os.environ["AIRFLOW_CONN_CARTAGE_LEDGER"] = json.dumps(connection)  # `stack` puts back what was before
    stack.ledger.close()
    del stack.ledger
    return stack


def test_killed_with_an_order_in_flight(stack: Stack) -> None:
    orders = some_orders()
    leave(stack, orders)
    moment, fault = MOMENTS["an order in flight"]
    stack.control("netsuite", "POST", json={"faults": [fault]})
    victim = Victim(stack)
    victim.wait_for(moment)
    victim.kill()
    goes_on(stack, SAME)
    same_in_both(stack, orders)
    replayed(stack, orders)


def test_killed_while_settle_waits_for_a_locked_table(stack: Stack, postgres_server: Server) -> None:
    orders = some_orders()[:2]
    leave(stack, orders)
    stack.control("sfcc", "POST", json={"latency_ms": 1000})
    victim = Victim(stack)
    victim.wait_for(acknowledging)
    with locked(postgres_server, "drops"):  # settle stands still when it notes that the drop was moved
        stack.control("sfcc", "DELETE")
        victim.wait_for(moved)
        assert victim.kill()["settle"] == "running"
    goes_on(stack, SAME)
    same_in_both(stack, orders)
    replayed(stack, orders)


@contextmanager
def locked(server: Server, table: str) -> Iterator[None]:
    """Let nobody else write to a table of the ledger."""
    database = json.loads(os.environ["AIRFLOW_CONN_CARTAGE_LEDGER"])["schema"]
    with server.connect(database) as connection, connection.transaction():
        connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield
