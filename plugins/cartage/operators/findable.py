"""What people will look for records by, noted as they are read: e-mail, phone, customer and tracking numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.batch import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.ledger.runs import Run
    from cartage.ledger.terms import Kind
    from cartage.operators.runtime import Runtime
    from cartage.records.batch import Batch

TRACKED = ("shipments", "packages")
"""Tables of a shipment that have tracking numbers."""


def note_terms(runtime: Runtime, run: Run, batch: Batch) -> None:
    """Note what the records of a batch are found by; what a dry run reads stays unknown.

    Args:
        runtime: the flow's.
        run: the run.
        batch: records as they were read.
    """
    if run.dry_run:
        return
    named = (
        (kind, key, value)
        for kind, keys, values in terms_of(batch)
        for key, value in zip(keys.to_pylist(), values.to_pylist(), strict=True)
    )
    runtime.ledger.terms.note(runtime.integration.name, runtime.record, named)


def terms_of(batch: Batch) -> Iterator[tuple[Kind, pa.ChunkedArray, pa.ChunkedArray]]:
    """Give what records are found by: the kind of term, their keys, and the values beside them."""
    kind, root = KINDS[batch.record], batch.root
    named: list[tuple[Kind, str]] = [("email", name) for name in kind.EMAILS] + [
        ("phone", name) for name in kind.PHONES
    ]
    if batch.record == "order":
        named.append(("customer", "customer_no"))
    for term, name in named:
        there = root.filter(pc.is_valid(root[name]))
        yield term, there["key"], there[name]
    if batch.record == "shipment":
        for table in TRACKED:
            sent = batch.tables[table]
            sent = sent.filter(pc.is_valid(sent["tracking_number"]))
            rows = root["key"].take(pc.index_in(sent[kind.LINK], value_set=root[kind.LINK].combine_chunks()))
            yield "tracking", rows, sent["tracking_number"]
