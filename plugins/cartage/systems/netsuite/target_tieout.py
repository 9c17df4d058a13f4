"""Ties out after writing: reads back in bulk what NetSuite came to, and holds orders that differ.

Scripts and tax engines change totals when an order is saved. Over the tolerance, the order goes back to
pending approval, the variance is kept on it, and the record ends with a warning that says both sums.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from cartage.errors import Complaint
from cartage.systems.netsuite.answers import TargetRefused
from cartage.systems.netsuite.target_documents import ORDER, Document, Expected
from cartage.systems.netsuite.writing import kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.seams import DocumentResult
    from cartage.settings import Orders
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.reading import Reader, Totals

PENDING_APPROVAL = {"id": "A"}
WRITTEN = ("created", "updated")
Written = tuple[Document, "DocumentResult"]


def must_tie_out(document: Document, result: DocumentResult) -> bool:
    """Whether a document's totals are to be read back."""
    return document.type == ORDER and result.internal_id is not None and result.outcome in WRITTEN


class TieOut:
    """Compares what NetSuite came to with what the shop's order comes to.

    Args:
        hook: NetSuite's transport.
        reader: bulk look-ups.
        settings: the settings of orders.
    """

    def __init__(self, hook: NetSuiteHook, reader: Reader, settings: Orders) -> None:
        self._hook = hook
        self._reader = reader
        self._settings = settings

    def check(self, written: Sequence[Written]) -> list[DocumentResult]:
        """Give the results again, with document numbers and what differs.

        Args:
            written: sales orders that were just written, with their results.
        """
        totals = self._reader.totals(str(result.internal_id) for _, result in written)
        return [self._one(document, result, totals.get(str(result.internal_id))) for document, result in written]

    def _one(self, document: Document, result: DocumentResult, totals: Totals | None) -> DocumentResult:
        if totals is None:
            words = f"sales order {result.internal_id} could not be read back, so its totals are not tied out"
            return replace(result, complaints=(*result.complaints, Complaint("not_tied_out", words, asks=True)))
        result = replace(result, number=totals.number or result.number)
        expected = document.expected
        if expected is None or document.cancels:
            return result
        variance = _variance(expected, totals)
        over = {name: each for name, each in variance.items() if abs(each) > self._settings.tolerance}
        if not over:
            return result
        hold = not self._explained_by_tax(variance)
        with self._hook.recording() as attempted:
            held = self._hold(str(result.internal_id), over, hold=hold)
        sums = "; ".join(f"{name} is {getattr(totals, name)}, the shop's is {getattr(expected, name)}" for name in over)
        complaint = Complaint("total_differs", f"sales order {result.internal_id}: {sums}; {held}", asks=hold)
        return replace(
            result, complaints=(*result.complaints, complaint), attempts=(*result.attempts, *kept(attempted))
        )

    def _explained_by_tax(self, variance: dict[str, Decimal]) -> bool:
        """Whether NetSuite was asked to compute the taxes, and nothing but taxes differs."""
        rest = variance.get("total", Decimal(0)) - variance.get("tax", Decimal(0))
        shipping = variance.get("shipping", Decimal(0))
        tolerance = self._settings.tolerance
        return self._settings.tax == "erp" and abs(rest) <= tolerance and abs(shipping) <= tolerance

    def _hold(self, id_: str, variance: dict[str, Decimal], *, hold: bool) -> str:
        """Keep the variance on the order, and let nobody ship it before a person looked; says what was done."""
        body: dict[str, object] = {f"custbody_ctg_variance_{name}": each for name, each in variance.items()}
        if hold:
            body["orderStatus"] = PENDING_APPROVAL
        try:
            self._hook.update(ORDER, id_, body)
        except TargetRefused as refused:
            return f"it could not be held ({refused.code}): look at it at once"
        return "it waits for approval" if hold else "NetSuite computes the taxes, so it is not held"


def _variance(expected: Expected, totals: Totals) -> dict[str, Decimal]:
    """Give NetSuite's amounts less the shop's, for those that are expected."""
    names = ("total", "tax", "shipping")
    wanted = {name: getattr(expected, name) for name in names}
    return {name: getattr(totals, name) - each for name, each in wanted.items() if each is not None}
