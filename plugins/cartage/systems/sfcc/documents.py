"""Documents for SFCC as its targets work on them: parsed, grouped by record, the newest only."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.errors import Complaint
from cartage.mapping import canonical
from cartage.records.batch import Batch
from cartage.records.document import DOCUMENTS, DocumentRow, read
from cartage.records.document import newest as newest_of
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import DocumentKey, DocumentResult, Transformed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from cartage.mapping import TargetMapping
    from cartage.seams import Claim, Journal

DocumentId = tuple[str, str]
"""Type and external id."""


class Document(DocumentRow):
    """One row of the documents table."""

    @property
    def id(self) -> DocumentId:
        """Type and external id."""
        return self.type, self.external_id

    @cached_property
    def body(self) -> dict[str, Any]:
        """The payload."""
        body: dict[str, Any] = canonical.loads(self.text)
        return body

    @cached_property
    def facts(self) -> dict[str, Any]:
        """What the target must know beside the payload."""
        facts: dict[str, Any] = canonical.loads(self.match_text or "{}")
        return facts

    @property
    def wanted(self) -> DocumentKey:
        """The document as the journal knows it."""
        return DocumentKey(self.type, self.external_id, self.kind, self.key, self.version, self.hash)


@dataclass
class Record:
    """One record of the batch with its documents in sending order."""

    row: int
    kind: str
    key: str
    version: str
    documents: list[Document] = field(default_factory=list)


class DocumentWriter:
    """Collects documents into a batch.

    Args:
        kind: kind of the records.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._rows: list[dict[str, Any]] = []
        self._places: Counter[int] = Counter()
        self.verdicts: list[Verdict] = []

    def add(
        self,
        record: tuple[int, str, str],
        type_: str,
        external_id: str,
        body: Any,
        *,
        action: str = "upsert",
        facts: dict[str, Any] | None = None,
        mark: str = "",
    ) -> None:
        """Add a document.

        Args:
            record: row, key and version of its record.
            type_: what it becomes in the shop.
            external_id: stable id.
            body: the payload.
            action: upsert or cancel.
            facts: what the target must know beside the payload.
            mark: what makes the same payload news, since a person must hear of it.
        """
        row, key, version = record
        text, digest = canonical.written(body)
        if mark:
            _, digest = canonical.written([mark, body])
        place = self._places[row]
        self._places[row] += 1
        self._rows.append(
            {
                "record": row,
                "document": place,
                "kind": self._kind,
                "key": key,
                "version": version,
                "type": type_,
                "external_id": external_id,
                "action": action,
                "body": text,
                "hash": digest,
                "match": canonical.dumps(facts) if facts else None,
            }
        )

    def transformed(self) -> Transformed:
        """Give all that was added."""
        table = pa.Table.from_pylist(self._rows, DOCUMENTS)
        return Transformed(Batch("document", {"documents": table}), self.verdicts)


class DocumentTransformer(ABC):
    """Makes documents of records, batch by batch.

    Args:
        mapping: ``mappings/sfcc/<record>.yaml``.
        offered: the columns that it may name.

    Raises:
        SettingsError: the mapping names a column that there is none of; with file and line.
    """

    def __init__(self, mapping: TargetMapping, offered: Mapping[str, Collection[str]]) -> None:
        self._render = mapping.check(offered, ()).compile({})

    def __call__(self, batches: Iterable[Batch], _: int) -> Iterator[Transformed]:
        """Transform batches, one after the other."""
        for batch in batches:
            yield self.transform(batch)

    @abstractmethod
    def transform(self, batch: Batch) -> Transformed:
        """Give each record's documents, or a verdict where it has none."""


def case_kept(name: str) -> str:
    """Give a name that stays apart from others of another case: the journal compares ids without regard to it.

    A site is set by hand and known; numbers and ids are not, so a name with capitals gets a short mark of its own.
    """
    if name == name.lower():
        return name
    return f"{name}~{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def records_of(batch: Batch) -> list[Record]:
    """Read the documents table into records, in the batch's order."""
    found: dict[int, Record] = {}
    for each in read(batch, Document):
        record = found.setdefault(each.row, Record(each.row, each.kind, each.key, each.version))
        record.documents.append(each)
    return list(found.values())


def newest(records: Iterable[Record]) -> tuple[list[Record], list[Verdict]]:
    """Give the newest copy of each record, and verdicts on the copies that it supersedes."""
    best, older = newest_of(records)
    return best, [_superseded(each) for each in older]


def _superseded(record: Record) -> Verdict:
    words = f"{record.key}: the same batch holds a newer copy of it than version {record.version}"
    return Verdict(record.row, record.key, Outcome.SUPERSEDED, (Complaint("superseded", words),))


def from_claim(document: Document, claim: Claim) -> DocumentResult | None:
    """Give the result that follows from the ledger alone, if one does."""
    wanted = document.wanted
    if claim.done is not None:
        return DocumentResult(wanted, claim.done, claim.known_id, complaints=claim.complaints)
    if claim.known_version is not None and claim.known_version > document.version:
        return DocumentResult(wanted, "superseded", claim.known_id)
    if claim.known_hash == document.hash and not claim.unfinished:
        return DocumentResult(wanted, "unchanged", claim.known_id)
    return None


def claimed(records: Iterable[Record], journal: Journal) -> dict[DocumentId, Claim]:
    """Claim every document, each once; what another task writes now is not granted."""
    wanted = {document.id: document.wanted for record in records for document in record.documents}
    return dict(zip(wanted, journal.claim(list(wanted.values())) if wanted else (), strict=True))
