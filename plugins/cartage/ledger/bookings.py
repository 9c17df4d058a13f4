"""Bookings: units that the shop sold, by the lines of its orders, and how far its orders are known at all.

They are noted as orders are read, before anything is checked: an order in quarantine has taken stock from the
shop like any other. The flow of stock asks for them to leave room for what the ERP's count does not leave out yet.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from cartage.ledger import rowsets
from cartage.ledger.engine import chunks
from cartage.ledger.outbound_tables import bookings, readings
from cartage.ledger.tables import drops, quarantine, records, runs
from cartage.records.booking import BOOKED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cartage.ledger.engine import Database

ORDER = "order"
ROWS = 5_000
"""Rows a statement."""

KEPT = timedelta(days=7)
"""How long bookings stay after the ERP has their order; longer than an allocation may be dated back."""

_UNREAD = ("landed", "read", "rejected")


class Bookings:
    """What the shop sold, of all integrations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, integration: str, lines: pa.Table) -> None:
        """Note what orders took, or gave back. Doing it twice is doing it once.

        Of two versions of a line the newer one holds; a line that a newer version of its order does not have any
        more counts as cancelled. The first known moment of an export stays.

        Args:
            integration: the shop's.
            lines: as in `cartage.records.booking.NOTED`.
        """
        now = datetime.now(UTC)
        rows = _newest(lines)
        for part in chunks(rows, ROWS):
            with self._database.write() as connection:
                rowsets.upsert(
                    connection,
                    bookings,
                    part,
                    {"integration": integration, "seen_at": now},
                    update=("list_id", "sku", "quantity", "booked_at", "cancelled", "version", "seen_at"),
                    where=lambda new: sa.func.coalesce(bookings.c.version, "") < sa.func.coalesce(new.version, ""),
                )
                exported = [
                    {name: each[name] for name in (*_LINE, "exported_at")} for each in part if each["exported_at"]
                ]
                rowsets.update(
                    connection,
                    bookings,
                    exported,
                    on=_LINE,
                    at={"integration": integration},
                    values=lambda given: {"exported_at": given.exported_at},
                    only=lambda given: sa.or_(
                        bookings.c.exported_at.is_(None), bookings.c.exported_at > given.exported_at
                    ),
                )
                rowsets.update(
                    connection,
                    bookings,
                    _orders(part),
                    on=("site", "order_no"),
                    at={"integration": integration},
                    values=lambda given: {"cancelled": sa.true(), "version": given.version},
                    same={"seen_at": now},
                    only=lambda given: sa.func.coalesce(bookings.c.version, "") < given.version,
                )

    def booked(self, integration: str, lists: Collection[str], since: datetime) -> pa.Table:
        """Give what was sold since, or is not settled in the ERP however old it is.

        Args:
            integration: the shop's.
            lists: inventory lists.
            since: aware.

        Returns:
            A table as in `cartage.records.booking.BOOKED`: all lines that were booked or read since, whose order came
            into the ERP since, or is not in the ERP at all. An order whose quarantine a person has dismissed counts
            as in the ERP.
        """
        key = bookings.c.site + "/" + bookings.c.order_no
        dismissed = _dismissed(integration)
        applied_by = sa.case((records.c.version.is_not(None), records.c.last_at), else_=dismissed.c.ended_at)
        told = sa.case((sa.and_(records.c.version.is_not(None), runs.c.state == "settled"), runs.c.closed_at))
        columns = {
            **{name: bookings.c[name] for name in BOOKED.names if name in bookings.c},
            "arrived_at": records.c.first_at,
            "applied_by": sa.type_coerce(applied_by, records.c.last_at.type),
            "acknowledged_by": sa.type_coerce(told, runs.c.closed_at.type),
        }
        query = (
            sa.select(*(columns[name].label(name) for name in BOOKED.names))
            .select_from(bookings)
            .join(
                records,
                sa.and_(records.c.integration == integration, records.c.record == ORDER, records.c.key == key),
                isouter=True,
            )
            .join(runs, runs.c.id == records.c.run_id, isouter=True)
            .join(dismissed, dismissed.c.key == key, isouter=True)
            .where(
                bookings.c.integration == integration,
                bookings.c.list_id.in_(sorted(lists)),
                sa.or_(
                    bookings.c.booked_at >= since,
                    bookings.c.seen_at >= since,
                    applied_by.is_(None),
                    applied_by >= since,
                ),
            )
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        columns_found = zip(*found, strict=True) if found else ([] for _ in BOOKED.names)
        values = dict(zip(BOOKED.names, map(list, columns_found), strict=True))
        values["quantity"] = [Decimal(each) for each in values["quantity"]]
        return pa.table(values, BOOKED)

    def note_read(self, integration: str, flow: str, until: datetime, dealt_with: Collection[str] = ()) -> bool:
        """Note that a flow has read all that lay there at a moment, and forget what is long settled.

        While a drop could not be read, nothing is noted: its orders are unknown. It stays so until a drop of the
        same name was read whole, or a person says that its orders were dealt with.

        Args:
            integration: whose flow.
            flow: the flow of orders.
            until: what was left before it is known.
            dealt_with: names of drops that a person has dealt with.

        Returns:
            Whether it was noted.
        """
        now = datetime.now(UTC)
        with self._database.write() as connection:
            unread = connection.execute(_unread(integration, flow)).scalars()
            if set(unread) - set(dealt_with):
                return False
            rowsets.upsert(
                connection,
                readings,
                [{"integration": integration, "flow": flow, "read_until": until, "changed_at": now}],
                update=("read_until", "changed_at"),
                where=lambda new: readings.c.read_until < new.read_until,
            )
        self.forget(integration, now - KEPT)
        return True

    def forget(self, integration: str, before: datetime) -> None:
        """Forget what was booked, read and brought into the ERP, or given back, before a moment."""
        with self._database.write() as connection:
            connection.execute(_settled(integration, before))

    def read_until(self, integration: str, flow: str) -> datetime | None:
        """Give the moment up to which all that the shop left is known; None when nothing was ever read whole."""
        query = sa.select(readings.c.read_until).where(readings.c.integration == integration, readings.c.flow == flow)
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar_one_or_none()
        return found


_LINE = ("site", "order_no", "line_id")


def _newest(lines: pa.Table) -> list[dict[str, Any]]:
    """Give a row a line: of several versions the newest, with the earliest export of all."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in lines.to_pylist():
        line = tuple(row[name] for name in _LINE)
        row["quantity"] = format(row["quantity"], "f")
        other = found.get(line)
        found[line] = row if other is None else _newer(other, row)
    return list(found.values())


def _newer(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    newer = max(one, other, key=lambda each: each["version"] or "")
    exports = [each["exported_at"] for each in (one, other) if each["exported_at"]]
    return {**newer, "exported_at": min(exports, default=None)}


def _orders(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give the newest version of each order."""
    newest: dict[tuple[str, str], str] = {}
    for row in rows:
        order = (row["site"], row["order_no"])
        newest[order] = max(newest.get(order, ""), row["version"] or "")
    return [{"site": site, "order_no": order_no, "version": version} for (site, order_no), version in newest.items()]


def _dismissed(integration: str) -> sa.Subquery:
    """Give the orders whose quarantine a person has dismissed, and when."""
    live = quarantine.alias("live")
    ours = sa.and_(quarantine.c.integration == integration, quarantine.c.record == ORDER)
    again = sa.exists().where(
        live.c.integration == integration,
        live.c.record == ORDER,
        live.c.key == quarantine.c.key,
        live.c.state.in_(("open", "retrying")),
    )
    return (
        sa.select(quarantine.c.key, sa.func.max(quarantine.c.ended_at).label("ended_at"))
        .where(ours, quarantine.c.state == "dismissed", sa.not_(again))
        .group_by(quarantine.c.key)
        .subquery("dismissed")
    )


def _unread(integration: str, flow: str) -> sa.Select[tuple[str]]:
    """Give the names of drops that were never read to their end, unless one of the same name was, later."""
    mended = drops.alias("mended")
    later = sa.exists().where(
        mended.c.integration == integration,
        mended.c.flow == flow,
        mended.c.name == drops.c.name,
        mended.c.landed_at > drops.c.landed_at,
        mended.c.state.in_(("read", "archived")),
        mended.c.reason.is_(None),
    )
    broken = sa.or_(drops.c.state == "landed", drops.c.reason.is_not(None))
    return sa.select(drops.c.name).where(
        drops.c.integration == integration,
        drops.c.flow == flow,
        drops.c.state.in_(_UNREAD),
        broken,
        sa.not_(later),
    )


def _settled(integration: str, before: datetime) -> sa.Delete:
    """Forget what was booked, read and brought into the ERP before a moment."""
    done = sa.exists().where(
        records.c.integration == integration,
        records.c.record == ORDER,
        records.c.key == bookings.c.site + "/" + bookings.c.order_no,
        records.c.version.is_not(None),
        records.c.last_at < before,
    )
    return sa.delete(bookings).where(
        bookings.c.integration == integration,
        bookings.c.booked_at < before,
        bookings.c.seen_at < before,
        sa.or_(done, bookings.c.cancelled),
    )
