"""Feeds: of all rows that a transform gave, keep those that tell the target something new and may go out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cartage.records.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cartage.context import FlowContext
    from cartage.operators.base import Passage
    from cartage.operators.runtime import Runtime
    from cartage.records.batch import BatchRef
    from cartage.seams import Transformed

COMPACT = ("record", "key", "group", "sku", "value", "before", "hash")
"""Columns by which a guardrail judges the rows of a whole run; `explained` and `break` too, where a kind has them."""


class Feeding:
    """The rows of one run, on their way into feeds.

    Args:
        runtime: the flow's.
        flow: the run's context.
        passage: what came from `validate`.
    """

    def __init__(self, runtime: Runtime, flow: FlowContext, passage: Passage) -> None:
        self._runtime = runtime
        self._flow = flow
        self._passage = passage
        self._same: list[pa.ChunkedArray] = []

    def of(self, transformed: Iterable[tuple[BatchRef, Transformed]]) -> list[dict[str, Any]]:
        """Stage the rows that go out, and account for all others.

        Args:
            transformed: for each batch of records, its reference and the feed rows made of it.

        Returns:
            One `Passage` for the one load, or none when nothing goes out.

        Raises:
            BatchError: too large a share failed, so nothing of the run is sent.
        """
        from cartage.operators.accounting import halt_if_too_many, quarantine

        run = self._passage.run
        staged: list[tuple[BatchRef, BatchRef]] = []
        compact: list[pa.Table] = []
        for ref, each in transformed:
            if each.verdicts:
                quarantine(self._runtime, run, "transform", each.verdicts, batch=self._flow.staging.read(ref))
            news = self._news(ref.number, each.documents)
            compact.append(news.root.select([name for name in news.root.column_names if name in _JUDGED]))
            if len(news):
                staged.append((self._flow.staging.write(str(run), "news", ref.number, news), ref))
        halt_if_too_many(self._runtime, self._flow, run)
        if not compact:
            return []
        held = self._hold(pa.concat_tables(compact))
        pairs = [part for rows, ref in staged for part in self._let_out(rows, ref, held)]
        return [self._passage.with_batches(pairs).as_dict()] if pairs else []

    def _news(self, number: int, rows: Batch) -> Batch:
        """Leave out what the target was told already, count it as unchanged, and note the rest singly."""
        same, news = unlike(rows)
        self._same.append(same)
        runtime, run = self._runtime, self._passage.run
        runtime.ledger.outcomes.restart(run, runtime.record, number)
        runtime.ledger.tallies.put(run, runtime.record, number, {"unchanged": len(same)})
        if len(news):
            names = {"record": "row", "key": "key", "version": "version", "hash": "hash"}
            told_next = {"value": "value", "as_of": "as_of"}
            noted = news.root.select([*names, *told_next]).rename_columns([*names.values(), *told_next.values()])
            runtime.ledger.outcomes.extracted(run, runtime.record, noted, batch=number)
        return news

    def _hold(self, rows: pa.Table) -> pa.Array:
        """Ask the guardrail, hold what it holds as proposals, and give the record rows of that.

        Asked even when nothing is new: rows that were held before may not look wrong any more.
        """
        from cartage.operators.guardrails import hold

        same = (key for chunk in self._same for key in chunk.to_pylist())
        return hold(self._runtime, self._flow, self._passage, rows, same)

    def _let_out(self, staged: BatchRef, ref: BatchRef, held: pa.Array) -> list[dict[str, Any]]:
        """Give the pair of rows that go out and the records they are made of; nothing when all are held."""
        batch = self._flow.staging.read(staged)
        out = pc.invert(pc.is_in(batch.root["record"], value_set=held))
        going = batch.root["record"].filter(out)
        if not len(going):
            return []
        if len(going) < len(batch):
            staged = self._flow.staging.write(str(self._passage.run), "documents", ref.number, batch.only(going))
        return [staged.as_dict(), ref.as_dict()]


_JUDGED = frozenset({*COMPACT, "explained", "break"})


def unlike(rows: Batch) -> tuple[pa.ChunkedArray, Batch]:
    """Tell the rows that say something new from those that were told already.

    Args:
        rows: feed rows with columns `record`, `key`, `hash`, and `told`, the hash that the target was last told.

    Returns:
        The keys of those that were told already, and the other rows.
    """
    root = rows.root
    new = pc.invert(pc.fill_null(pc.equal(root["hash"], root["told"]), fill_value=False))
    news = root.filter(new)
    if len(news) == len(root):
        return root["key"].slice(0, 0), rows
    others = {name: each.filter(pc.is_in(each["record"], value_set=news["record"].combine_chunks()))
              for name, each in rows.tables.items() if name != "rows"}  # fmt: skip
    return root["key"].filter(pc.invert(new)), Batch(rows.record, {"rows": news, **others})
