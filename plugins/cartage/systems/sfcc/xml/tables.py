"""From rows of text to a batch of the neutral record: types, row numbers, links, ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cartage.errors import Complaint
from cartage.records.batch import KINDS, Batch
from cartage.records.columns import FLAG, INSTANT, TEXT
from cartage.systems.sfcc.xml.line_ids import distinct, line_ids
from cartage.systems.sfcc.xml.rows import Found, Rows, ordinals
from cartage.systems.sfcc.xml.typing import text_of, typed

if TYPE_CHECKING:
    from cartage.mapping.source import Element, SourceMapping
    from cartage.systems.sfcc.xml.rows import Index

Columns = dict[str, pa.Array]
Leads = dict[tuple[str, str], "Index"]

OWN_NUMBER = {
    "order": {"orders": "order", "lines": "line", "shipments": "shipment", "payments": "payment"},
    "customer": {"customers": "customer", "addresses": "address"},
}
"""Tables whose rows have a number of their own, and the column that holds it."""

VERSION_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
"""How the time in a version is written: text that sorts as time does."""


@dataclass
class Numbers:
    """The next free row number of each table; they run on over all batches of a run."""

    next: dict[str, int]

    @classmethod
    def start(cls, record: str) -> Numbers:
        """Begin at 0 in every table."""
        return cls(dict.fromkeys(OWN_NUMBER[record], 0))

    def add(self, taken: Numbers) -> None:
        """Go on behind numbers that were taken from 0 on."""
        for table, count in taken.next.items():
            self.next[table] += count


@dataclass(frozen=True)
class Origin:
    """Where the rows came from.

    Attributes:
        site: the shop's site.
        drop: the drop's name, or None.
        version: time of the version, as `VERSION_TIME` writes it.
        position: place in the drop of the stretch's first record.
        columns: columns of the root table that are the same for all (from the document's root).
    """

    site: str
    drop: str | None
    version: str
    position: int
    columns: dict[str, str | None]


@dataclass(frozen=True)
class Assembled:
    """A batch, and what condemned the records that are not in it, by their place in the stretch.

    Attributes:
        batch: the records.
        leads: of columns that link to several tables, for each row the place of the table that its number is of.
        faults: what condemned the others.
        keys: the keys of all, as far as they could be read.
    """

    batch: Batch
    leads: Leads
    faults: dict[int, list[Complaint]]
    keys: dict[int, str]


def assemble(mapping: SourceMapping, found: Found, origin: Origin, numbers: Numbers, *, records: int) -> Assembled:
    """Make a batch of what a reader found.

    Args:
        mapping: what was read.
        found: the rows.
        origin: where they came from.
        numbers: row numbers go on from here, and are moved forward.
        records: how many records the stretch has, the unreadable ones included: each takes a number.
    """
    faults: dict[int, list[Complaint]] = {}
    columns = {element: _typed(mapping, element, rows, faults) for element, rows in found.items()}
    root = mapping.elements[0]
    key_texts = columns[root][mapping.key].to_pylist() if root in columns else []
    keys = {int(row): key for row, key in zip(found[root].record, key_texts, strict=True) if key} if key_texts else {}
    if faults:
        found, columns = _without(mapping, found, columns, np.array(sorted(faults), np.int64))
    assembly = _Assembly(mapping, found, columns, origin, numbers)
    batch, leads = assembly.batch(), assembly.leads()
    numbers.next[KINDS[mapping.record].ROOT] += records
    return Assembled(batch, leads, faults, keys)


def _typed(mapping: SourceMapping, element: Element, rows: Rows, faults: dict[int, list[Complaint]]) -> Columns:
    """Give an element's columns their types; note what is not of its type, missing or refused."""
    columns = {}
    schema = KINDS[mapping.record].TABLES[element.table] if element.table else None
    for name, column in element.columns.items():
        assert schema is not None
        kind = schema.field(name).type
        if rows.texts.keys().isdisjoint(column.first) and column.default is None and not column.required:
            columns[name] = pa.nulls(len(rows), kind)  # as most columns of a stretch are
            continue
        text = text_of(column, rows.texts, len(rows))
        columns[name], wrong = typed(text, kind)
        for row in wrong:
            fault = Complaint("wrong_type", f"{element.table}.{name} is no {_word(kind)}", f"{element.table}.{name}")
            faults.setdefault(int(rows.record[row]), []).append(fault)
        if column.required:
            blank = pc.fill_null(pc.equal(text, ""), fill_value=True).to_numpy(zero_copy_only=False)
            for row in np.flatnonzero(blank):
                fault = Complaint("missing", f"{element.table}.{name} is missing", f"{element.table}.{name}")
                faults.setdefault(int(rows.record[row]), []).append(fault)
    for refuse in element.refuse:
        if refuse.path in rows.texts:
            there = pc.is_valid(rows.texts[refuse.path]).to_numpy(zero_copy_only=False)
            for record in np.unique(rows.record[there]):
                faults.setdefault(int(record), []).append(Complaint(refuse.code, refuse.message))
    return columns


def _word(kind: pa.DataType) -> str:
    return "true or false" if kind == FLAG else "date and time" if kind == INSTANT else "number that fits its column"


def _without(
    mapping: SourceMapping, found: Found, columns: dict[Element, Columns], condemned: Index
) -> tuple[Found, dict[Element, Columns]]:
    """Leave out the condemned records, in every table."""
    kept_found: Found = {}
    kept_columns: dict[Element, Columns] = {}
    moved: dict[Element, Index] = {}
    for element in (each for each in mapping.elements if each in found):
        rows = found[element]
        keep = ~np.isin(rows.record, condemned)
        moved[element] = np.cumsum(keep) - 1
        if not keep.any():
            continue
        mask = pa.array(keep)
        around = moved[element.around][rows.around[keep]] if element.around else moved[element][keep]
        kept_found[element] = Rows(rows.record[keep], around, {})
        kept_columns[element] = {name: column.filter(mask) for name, column in columns[element].items()}
    return kept_found, kept_columns


def moved(batch: Batch, leads: Leads, mapping: SourceMapping, origin: Origin, numbers: Numbers) -> Batch:
    """Give a batch that was assembled from 0 on its place: in the run by its row numbers, in the drop by position.

    Args:
        batch: what `assemble` made, of numbers that began at 0 and with position 0.
        leads: as `assemble` gave them.
        mapping: what was read.
        origin: where the batch is from; its `position` is the place of the first record.
        numbers: where its row numbers begin.
    """
    kind, own = KINDS[mapping.record], OWN_NUMBER[mapping.record]
    tables = {name: _further(table, kind.LINK, numbers.next[kind.ROOT]) for name, table in batch.tables.items()}
    for name, column in own.items():
        if name != kind.ROOT:
            tables[name] = _further(tables[name], column, numbers.next[name])
    for (name, column), targets in _links(mapping).items():
        by: Any = numbers.next[targets[0]]
        if len(targets) > 1:
            by = pa.array(np.array([numbers.next[each] for each in targets])[leads[name, column]])
        tables[name] = _further(tables[name], column, by)
    if origin.position:
        root = _further(tables[kind.ROOT], "position", origin.position)
        tables[kind.ROOT] = _with(root, "version", _version(origin, root["position"]))
    return Batch(batch.record, tables)


def _links(mapping: SourceMapping) -> dict[tuple[str, str], list[str]]:
    """Give the columns that link to other tables, and the tables that each one's numbers are of."""
    found: dict[tuple[str, str], list[str]] = {}
    for element in mapping.elements:
        for name, outer in element.link.items():
            targets = found.setdefault((element.table or "", name), [])
            if outer.table not in targets:
                targets.append(outer.table or "")
    return found


def _further(table: pa.Table, name: str, by: Any) -> pa.Table:
    if not table.num_rows or (isinstance(by, int) and not by):
        return table
    return _with(table, name, pc.add(table[name], by))


def _with(table: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), column)


def _filled(schema: pa.Schema, table: pa.Table, rows: pa.Array) -> pa.Table:
    """Take rows of a table; most of its columns are null and need not be taken."""
    count = table.num_rows
    columns = [
        pa.nulls(count, column.type) if column.null_count == count else column.combine_chunks().take(rows)
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _version(origin: Origin, position: pa.Array) -> pa.Array:
    digits = pc.utf8_lpad(pc.cast(position, TEXT), 9, "0")
    return pc.binary_join_element_wise(origin.version, digits, "/")


class _Assembly:
    """One batch in the making."""

    def __init__(
        self, mapping: SourceMapping, found: Found, columns: dict[Element, Columns], origin: Origin, numbers: Numbers
    ) -> None:
        self._kind = KINDS[mapping.record]
        self._own = OWN_NUMBER[mapping.record]
        self._mapping = mapping
        self._found = found
        self._columns = columns
        self._origin = origin
        self._first_record = numbers.next[self._kind.ROOT]
        self._pieces: dict[str, list[Element]] = {table: [] for table in self._kind.TABLES}
        for element in sorted(found, key=lambda each: each.number):
            if element.table:
                self._pieces[element.table].append(element)
        self._order: dict[str, Index] = {}
        self._numbers: dict[Element, Index] = {}
        for table in self._pieces:
            self._number(table, numbers)

    def _number(self, table: str, numbers: Numbers) -> None:
        """Sort a table's rows by record, then by kind of element, and number them."""
        pieces = self._pieces[table]
        if not pieces:
            return
        records = np.concatenate([self._found[each].record for each in pieces])
        order = np.argsort(records, kind="stable")
        self._order[table] = order
        if table == self._kind.ROOT:
            self._numbers[pieces[0]] = self._first_record + records
            return
        if table not in self._own:
            return
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order)) + numbers.next[table]
        numbers.next[table] += len(order)
        ends = np.cumsum([len(self._found[each]) for each in pieces])
        for element, end in zip(pieces, ends, strict=True):
            self._numbers[element] = rank[end - len(self._found[element]) : end]

    def batch(self) -> Batch:
        """Give the batch."""
        if self._pieces.get("lines"):
            outer_first = [each for each in self._mapping.elements if each in self._found and each.table == "lines"]
            for element, ids in line_ids(outer_first, self._found, self._columns).items():
                self._columns[element]["line_id"] = ids
        return Batch(self._mapping.record, {table: self._table(table) for table in self._kind.TABLES})

    def leads(self) -> Leads:
        """Give, for each row of a column that links to several tables, the place of its own among them."""
        found: Leads = {}
        for (table, name), targets in _links(self._mapping).items():
            pieces = self._pieces[table]
            if len(targets) > 1:
                places = [targets.index(each.link[name].table or "") if name in each.link else 0 for each in pieces]
                counts = [len(self._found[each]) for each in pieces]
                order = self._order.get(table, np.empty(0, np.int64))
                found[table, name] = np.repeat(np.array(places, np.int64), counts)[order]
        return found

    def _table(self, table: str) -> pa.Table:
        schema = self._kind.TABLES[table]
        pieces = self._pieces[table]
        if not pieces:
            return schema.empty_table()
        made = [self._piece(element, schema) for element in pieces]
        if len(pieces) == 1:
            (whole,) = made
        else:
            whole = _filled(schema, pa.concat_tables(made), pa.array(self._order[table]))
        if "line_id" in schema.names:
            ids = distinct(whole["order"], whole["line_id"])
            whole = whole.set_column(schema.get_field_index("line_id"), schema.field("line_id"), ids)
        return whole

    def _piece(self, element: Element, schema: pa.Schema) -> pa.Table:
        rows = self._found[element]
        columns: Columns = dict(self._columns[element])
        columns |= {name: pa.repeat(pa.scalar(value, TEXT), len(rows)) for name, value in element.set.items()}
        columns[self._kind.LINK] = pa.array(self._first_record + rows.record)
        if element in self._numbers and element.around:
            columns[self._own[element.table or ""]] = pa.array(self._numbers[element])
        for name, outer in element.link.items():
            columns[name] = pa.array(self._numbers[outer][self._row_in(element, outer)])
        for name, outer in element.inherit.items():
            columns[name] = self._columns[outer][name].take(pa.array(self._row_in(element, outer)))
            self._columns[element][name] = columns[name]
        if element.table == "payments":
            columns["ordinal"] = pa.array(ordinals(rows.around))
        if element.around is None:
            columns |= self._given(rows, columns)
        return pa.Table.from_arrays(
            [columns[each.name] if each.name in columns else pa.nulls(len(rows), each.type) for each in schema],
            schema=schema,
        )

    def _row_in(self, element: Element, outer: Element) -> Index:
        """Give, for each row, the row of an element further out."""
        rows = self._found[element].around
        around = element.around
        while around is not outer:
            assert around is not None
            rows = self._found[around].around[rows]
            around = around.around
        return rows

    def _given(self, rows: Rows, columns: Columns) -> Columns:
        """Columns of the record that the document does not have: key, site, drop, position, version."""
        origin, count = self._origin, len(rows)
        position = pa.array(rows.record + origin.position)
        given = {
            "key": pc.binary_join_element_wise(origin.site, columns[self._mapping.key], "/"),
            "site": pa.repeat(pa.scalar(origin.site, TEXT), count),
            "drop": pa.repeat(pa.scalar(origin.drop, TEXT), count),
            "position": position,
            "version": _version(origin, position),
        }
        return given | {name: pa.repeat(pa.scalar(value, TEXT), count) for name, value in origin.columns.items()}
