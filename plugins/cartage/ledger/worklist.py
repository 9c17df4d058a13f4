"""The worklist: what is held back, by reason, by whoever looks after it, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from cartage.ledger.complaints import read_complaints
from cartage.ledger.engine import chunks
from cartage.ledger.mending_tables import quarantine_assignees, quarantine_tags
from cartage.ledger.quarantine import QuarantineState, Stage  # noqa: TC001 - part of a dataclass
from cartage.ledger.tables import quarantine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.errors import Complaint
    from cartage.ledger.engine import Database

Wanted = Literal["held", "open", "retrying", "resolved", "dismissed", "all"]
Sort = Literal["newest", "oldest", "tries", "record"]

LIVE = quarantine.c.state.in_([sa.literal_column("'open'"), sa.literal_column("'retrying'")])
"""Held back now, in the words of the partial indexes: a bound value would not be seen to fit them."""

NOBODY = "-"
"""Assignee that asks for what nobody looks after."""

IDS = 500
"""Numbers a query."""

SORTS: dict[Sort, tuple[sa.Column[Any], bool]] = {
    "newest": (quarantine.c.last_at, True),
    "oldest": (quarantine.c.first_at, False),
    "tries": (quarantine.c.tries, True),
    "record": (quarantine.c.key, False),
}
"""What each way of sorting looks at, and whether the greatest comes first."""


@dataclass(frozen=True)
class Filter:
    """What a person wants to see.

    Attributes:
        flows: pairs of integration and flow that they may see.
        state: `held` is all that is held back now, open or being tried again.
        code: the reason; None for any.
        assignee: who looks after it; `NOBODY` for what nobody does, None for any.
        tag: a tag; None for any.
        text: part of a record's number, or of its reasons' words; empty for any.
    """

    flows: tuple[tuple[str, str], ...]
    state: Wanted = "held"
    code: str | None = None
    assignee: str | None = None
    tag: str | None = None
    text: str = ""


@dataclass(frozen=True)
class Case:
    """A record in the worklist; see `Quarantined` for what is not said here.

    Attributes:
        assignee: who looks after it, None for nobody.
        tags: its tags, in order.
    """

    id: int
    integration: str
    flow: str
    record: str
    key: str
    run_id: int
    stage: Stage
    code: str | None
    complaints: tuple[Complaint, ...]
    form: str
    state: QuarantineState
    tries: int
    first_at: datetime
    last_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    ended_why: str | None
    assignee: str | None
    tags: tuple[str, ...] = ()

    @property
    def dag_id(self) -> str:
        """The DAG of its flow."""
        return f"{self.integration}.{self.flow}"

    @property
    def went_through(self) -> bool:
        """Whether the record is where it should be, and only asks a person to act."""
        return bool(self.complaints) and all(each.asks for each in self.complaints)

    @property
    def held(self) -> bool:
        """Whether it is held back now."""
        return self.state in ("open", "retrying")


@dataclass(frozen=True)
class Group:
    """How often records are held back for one reason.

    Attributes:
        last_at: when the newest of them was.
    """

    integration: str
    flow: str
    record: str
    code: str | None
    count: int
    last_at: datetime


class Worklist:
    """Reads of what is held back; nothing here decrypts or writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def groups(self, asked: Filter) -> list[Group]:
        """Give the reasons of what is held back and the filter lets through, most frequent first.

        The filter's own `code` does not count. What has ended is history that nobody works off: it has no groups.
        """
        if asked.state not in ("held", "open", "retrying"):
            return []
        by = [quarantine.c[name] for name in ("integration", "flow", "record", "code")]
        sums = (sa.func.count(), sa.func.max(quarantine.c.last_at))
        query: sa.Select[Any] = sa.select(*by, *sums).where(*_where(asked, code=False), LIVE)
        with self._database.read() as connection:
            found = [Group(*row) for row in connection.execute(query.group_by(*by))]
        return sorted(found, key=lambda each: (-each.count, each.flow, each.code or ""))

    def named(self, integration: str, flow: str, codes: Sequence[str]) -> dict[str, int]:
        """Give how many records of a flow are held back for each of these reasons, whatever other reasons they have."""
        if not codes:
            return {}
        said = sa.cast(quarantine.c.complaints, sa.Text)
        naming = [said.contains(f'"code": "{code}"', autoescape=True) for code in codes]
        query = sa.select(*(sa.func.count(sa.case((each, 1))) for each in naming))
        where = (quarantine.c.integration == integration, quarantine.c.flow == flow, LIVE)
        with self._database.read() as connection:
            return dict(zip(codes, connection.execute(query.where(*where)).one(), strict=True))

    def page(self, asked: Filter, *, sort: Sort = "newest", after: str | None = None, limit: int = 50) -> list[Case]:
        """Give cases in an order.

        Args:
            asked: which.
            sort: the order.
            after: the `place` of the last case seen; None for the beginning.
            limit: how many at most.

        Raises:
            ValueError: `after` is no place.
        """
        column, down = SORTS[sort]
        query = _CASES.where(*_where(asked))
        if after is not None:
            value, _, last = after.rpartition("~")
            seen = sa.tuple_(sa.literal(_read_place(column, value), column.type), sa.literal(int(last)))
            here = sa.tuple_(column, quarantine.c.id)
            query = query.where(here < seen if down else here > seen)
        order = (column.desc(), quarantine.c.id.desc()) if down else (column, quarantine.c.id)
        return self._cases(query.order_by(*order).limit(limit))

    def get(self, ids: Sequence[int]) -> list[Case]:
        """Give the cases of these numbers, by number; unknown ones are left out."""
        found: list[Case] = []
        for part in chunks(sorted(set(ids)), IDS):
            found += self._cases(_CASES.where(quarantine.c.id.in_(part)).order_by(quarantine.c.id))
        return found

    def labels(self, asked: Filter) -> tuple[list[str], list[str]]:
        """Give all assignees and all tags of what is held back in the filter's flows, each in order."""
        found = []
        with self._database.read() as connection:
            for table, column in ((quarantine_assignees, "assignee"), (quarantine_tags, "tag")):
                query = sa.select(table.c[column]).distinct().join_from(table, quarantine)
                query = query.where(_of_flows(asked), LIVE)
                found.append(sorted(connection.execute(query).scalars()))
        return found[0], found[1]

    def _cases(self, query: sa.Select[Any]) -> list[Case]:
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
            tags: dict[int, list[str]] = {}
            for part in chunks([row["id"] for row in rows], IDS):
                of = sa.select(quarantine_tags).where(quarantine_tags.c.quarantine_id.in_(part))
                for quarantine_id, tag in connection.execute(of.order_by(quarantine_tags.c.tag)):
                    tags.setdefault(quarantine_id, []).append(tag)
        return [
            Case(**{**row, "complaints": read_complaints(row["complaints"]), "tags": tuple(tags.get(row["id"], ()))})
            for row in rows
        ]


def place(case: Case, sort: Sort) -> str:
    """Give where a case stands in an order, for `Worklist.page` to go on from."""
    value = getattr(case, SORTS[sort][0].name)
    return f"{value.isoformat() if isinstance(value, datetime) else value}~{case.id}"


def _read_place(column: sa.Column[Any], value: str) -> object:
    if column.name.endswith("_at"):
        return datetime.fromisoformat(value)
    return int(value) if column.name == "tries" else value


def _of_flows(asked: Filter) -> sa.ColumnElement[bool]:
    """Say which flows, in words that fit no index of flows: a database that took one would sort all that it found."""
    name = quarantine.c.integration + sa.literal_column("'.'") + quarantine.c.flow
    return name.in_([f"{integration}.{flow}" for integration, flow in asked.flows])


def _where(asked: Filter, *, code: bool = True) -> list[sa.ColumnElement[bool]]:
    where = [_of_flows(asked)]
    if asked.state == "held":
        where.append(LIVE)
    elif asked.state != "all":
        where.append(quarantine.c.state == asked.state)
    if code and asked.code is not None:
        where.append(quarantine.c.code == asked.code)
    if asked.assignee == NOBODY:
        where.append(quarantine.c.id.not_in(sa.select(quarantine_assignees.c.quarantine_id)))
    elif asked.assignee is not None:
        mine = quarantine_assignees.c.assignee == asked.assignee
        where.append(quarantine.c.id.in_(sa.select(quarantine_assignees.c.quarantine_id).where(mine)))
    if asked.tag is not None:
        tagged = sa.select(quarantine_tags.c.quarantine_id).where(quarantine_tags.c.tag == asked.tag)
        where.append(quarantine.c.id.in_(tagged))
    if asked.text:
        said = sa.cast(quarantine.c.complaints, sa.Text)
        where.append(
            sa.or_(quarantine.c.key.contains(asked.text, autoescape=True), said.icontains(asked.text, autoescape=True))
        )
    return where


_CASES = sa.select(
    *(
        quarantine.c[name]
        for name in (
            "id", "integration", "flow", "record", "key", "run_id", "stage", "code", "complaints", "form", "state",
            "tries", "first_at", "last_at", "ended_at", "ended_by", "ended_why",
        )
    ),
    quarantine_assignees.c.assignee,
).join_from(quarantine, quarantine_assignees, isouter=True)  # fmt: skip
