"""Many rows in one statement: they travel as one JSON parameter, and the database makes a table of it.

A statement a row, even when a driver sends them together, costs a thousand rows most of a second;
this costs some hundredths, on SQLite (``json_each``) and on PostgreSQL (``json_to_recordset``).

Sources: https://www.sqlite.org/json1.html, https://www.sqlite.org/lang_upsert.html (an upsert from a
SELECT needs a WHERE), https://www.postgresql.org/docs/current/functions-json.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.engine import Connection


def insert(
    connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any] | None = None
) -> None:
    """Insert rows.

    Args:
        connection: in a transaction that may write.
        table: where to.
        rows: values by column name; every row names the same columns.
        same: values that all rows share.
    """
    if rows:
        connection.execute(sa.insert(table).from_select(*_selected(connection, table, rows, same)))


def upsert(
    connection: Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    same: Mapping[str, Any] | None = None,
    *,
    update: Sequence[str] = (),
    where: Callable[[Any], sa.ColumnElement[bool]] | None = None,
) -> None:
    """Insert rows that may meet one with the same primary key; no two of `rows` may have the same.

    Args:
        connection: in a transaction that may write.
        table: where to.
        rows: values by column name; every row names the same columns.
        same: values that all rows share.
        update: columns that an existing row takes from the new one; none leaves it as it is.
        where: only when this holds, given the new row's columns.
    """
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).from_select(*_selected(connection, table, rows, same))
    keys = [column.name for column in table.primary_key]
    if update:
        new = statement.excluded
        met = None if where is None else where(new)
        statement = statement.on_conflict_do_update(
            index_elements=keys, set_={name: new[name] for name in update}, where=met
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    connection.execute(statement)


def update(
    connection: Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    on: Sequence[str],
    at: Mapping[str, Any],
    values: Callable[[Any], Mapping[str, Any]],
    same: Mapping[str, Any] | None = None,
    only: Callable[[Any], sa.ColumnElement[bool]] | None = None,
) -> None:
    """Update the rows that `rows` name.

    Args:
        connection: in a transaction that may write.
        table: what to update.
        rows: values by column name; every row names the same columns, and no two the same row.
        on: the columns that must be equal.
        at: columns that must have these values, the same for all rows; with `on` they name an index.
        values: what to set, given the columns of the new rows.
        same: values that all rows share.
        only: when to, given the columns of the new rows.
    """
    if not rows:
        return
    # The values that all rows share travel in each of them: were they compared with constants, SQLite
    # would find the rows of the table by these alone, and go through the whole JSON for each.
    new = given(connection, table, [{**row, **at} for row in rows]).c
    met = [table.c[name] == new[name] for name in (*on, *at)]
    if only is not None:
        met.append(only(new))
    connection.execute(sa.update(table).where(*met).values({**values(new), **(same or {})}))


def _selected(
    connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], same: Mapping[str, Any] | None
) -> tuple[list[str], sa.Select[Any]]:
    new = given(connection, table, rows)
    shared = same or {}
    constants = [sa.literal(value, table.c[name].type).label(name) for name, value in shared.items()]
    return [*new.c.keys(), *shared], sa.select(*new.c, *constants).where(sa.true())


def given(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> sa.FromClause:
    """Give the rows as something to select from, typed as the table's columns of the same names."""
    columns = [sa.column(name, table.c[name].type) for name in rows[0]]
    text = json.dumps([dict(row) for row in rows], ensure_ascii=False, default=_moment)
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(sa.literal(text, sa.Text)).table_valued("value", name="each")
        picked = [sa.func.json_extract(each.c.value, f"$.{column.name}").label(column.name) for column in columns]
        return sa.select(*picked).subquery("given")
    parameter = sa.cast(sa.literal(text, sa.Text), sa.JSON)
    return sa.func.json_to_recordset(parameter).table_valued(*columns, name="given").render_derived(with_types=True)


def _moment(value: object) -> str:
    """Write a moment as SQLite keeps it; PostgreSQL reads the same, since its sessions are in UTC."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError(f"the ledger cannot keep a {type(value).__name__} here: give text, a number or an aware time")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
