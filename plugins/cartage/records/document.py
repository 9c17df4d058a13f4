"""Documents: what a record becomes in a target, ready to be sent.

One order becomes a customer, a sales order or several, perhaps a contact and a deposit. Each is a
row here, with an intent and an outcome of its own in the ledger. The record is done when all are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from cartage.records.columns import ROW, TEXT, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.records.batch import Batch

DOCUMENTS = table(
    {
        "record": (ROW, "row of the record in its run (`order` of an order)"),
        "document": (ROW, "place among the record's documents, in the order they are sent, from 0"),
        "kind": (TEXT, "kind of the record: order or customer"),
        "key": (TEXT, "the record's key"),
        "version": (TEXT, "the record's version"),
        "type": (TEXT, "the target's record type: customer, contact, salesOrder, customerDeposit"),
        "external_id": (TEXT, "stable id made from the key"),
        "action": (TEXT, "upsert, cancel or adopt"),
        "body": (TEXT, 'payload as JSON; `{"$document": external_id}` stands for another document\'s internal id'),
        "hash": (TEXT, "SHA-256 of the body in canonical form"),
        "expected": (TEXT, "totals the target must come to, as JSON of decimal strings: total, tax, shipping"),
        "match": (TEXT, "what an existing record may be matched by, as JSON, on customers"),
    }
)

TABLES = {"documents": DOCUMENTS}
ROOT = "documents"
LINK = "record"


@dataclass(frozen=True)
class DocumentRow:
    """One row of the documents table, for a target to make its own of.

    Attributes:
        row: the record's row in its run.
        place: place among the record's documents.
        kind: kind of the record.
        key: the record's key.
        version: the record's version.
        type: what it becomes in the target.
        external_id: stable id of the document.
        action: upsert, cancel or adopt.
        text: the payload, canonical JSON.
        hash: SHA-256 of it.
        expected_text: see ``expected`` in `DOCUMENTS`.
        match_text: see ``match`` there; what else a target must know beside the payload stands in it too.
    """

    row: int
    place: int
    kind: str
    key: str
    version: str
    type: str
    external_id: str
    action: str
    text: str
    hash: str
    expected_text: str | None = None
    match_text: str | None = None


Row = TypeVar("Row", bound=DocumentRow)


def read(batch: Batch, made: type[Row]) -> Iterator[Row]:
    """Give the documents of a batch as `made`, record by record and in sending order."""
    for row in sorted(batch.root.to_pylist(), key=lambda each: (each["record"], each["document"])):
        yield made(
            row["record"], row["document"], row["kind"], row["key"], row["version"] or "", row["type"],
            row["external_id"], row["action"] or "upsert", row["body"] or "{}", row["hash"] or "",
            row["expected"], row["match"],
        )  # fmt: skip


class Copy(Protocol):
    """A record of a batch, of which the batch may hold others with the same kind and key."""

    row: int
    kind: str
    key: str
    version: str


One = TypeVar("One", bound=Copy)


def newest(records: Iterable[One]) -> tuple[list[One], list[One]]:
    """Part records into the newest copy of each, and the copies that those supersede."""
    best: dict[tuple[str, str], One] = {}
    older: list[One] = []
    for record in records:
        rival = best.setdefault((record.kind, record.key), record)
        if rival is record:
            continue
        if (record.version, record.row) >= (rival.version, rival.row):
            best[record.kind, record.key] = record
            older.append(rival)
        else:
            older.append(record)
    return list(best.values()), older
