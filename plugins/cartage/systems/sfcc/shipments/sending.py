"""Works on one record: what the ledger knows of its documents, a look at the shop, the requests that follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cartage.errors import Complaint, RetryableError
from cartage.mapping import canonical
from cartage.seams import Compared, DocumentResult, Planned
from cartage.systems.sfcc.documents import from_claim
from cartage.systems.sfcc.hook import ShopRefused
from cartage.systems.sfcc.shipments import deciding
from cartage.systems.sfcc.shipments.progress import NOT_OF_THE_SHOP, Progress
from cartage.systems.sfcc.shipments.shop_orders import with_line_ids
from cartage.systems.sfcc.shipments.transform import EVENT, FEED, ORDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cartage.seams import Attempt, Claim
    from cartage.settings.shipments import Shipments
    from cartage.systems.sfcc.documents import Document, Record
    from cartage.systems.sfcc.shipments.shop_orders import ShopOrders

Json = dict[str, Any]
Action = Literal["update", "unchanged", "skip", "quarantine"]

ACTIONS: dict[str, Action] = {"updated": "update", "unchanged": "unchanged"}
"""What a dry run calls what becomes of a document; all else would be held back."""


class Sender:
    """Sends the documents of records, one record at a time; several threads may send at once.

    Args:
        settings: settings of the flow.
        orders: the shop's orders; None where nothing is looked at.
    """

    def __init__(self, settings: Shipments, orders: ShopOrders | None) -> None:
        self._settings = settings
        self._orders = orders

    def send(self, record: Record, claims: Mapping[tuple[str, str], Claim]) -> Progress:
        """Send what the ledger does not know as sent, and say how far the record is then.

        Nothing is raised for one record's sake but what condemns the run.

        Raises:
            BatchError: the shop refuses the API client.
        """
        progress = Progress(record)
        if not all(claims[each.id].granted for each in record.documents):
            progress.failure = RetryableError(f"{record.key} is being told by another task")
            return progress
        rest = []
        for document in record.documents:
            known = from_claim(document, claims[document.id])
            if known is None:
                rest.append(document)
            else:
                progress.results.append(known)
        attempts: list[Attempt] = []
        try:
            if rest:
                self._send(progress, rest, attempts)
        except RetryableError as error:
            progress.failure, progress.attempts, progress.feed = error, tuple(attempts), None
        return progress

    def _send(self, progress: Progress, documents: list[Document], attempts: list[Attempt]) -> None:
        shop: Json | None = {}
        try:
            if self._orders is not None:
                shop = self._orders.look(progress.site, progress.order_no)
            for document in documents:
                if shop is None:
                    progress.results.append(_unknown(document))
                elif document.type == FEED:
                    self._to_feed(progress, document, shop)
                else:
                    attempts.clear()
                    progress.results.append(self._change(document, shop, attempts))
        except ShopRefused as refused:
            done = {each.document for each in progress.results}
            left = [each for each in documents if each.wanted not in done]
            progress.results += [_refused(each, refused, attempts) for each in left]
            progress.feed = None

    def _change(self, document: Document, shop: Json, attempts: list[Attempt]) -> DocumentResult:
        """Make the requests that a document asks for."""
        assert self._orders is not None, "documents of REST need the API"
        decision = self._decide(document, shop)
        for call in decision.calls:
            self._orders.change(document.facts["site"], document.facts["order_no"], call, attempts)
        return DocumentResult(
            document.wanted,
            decision.outcome,
            document.facts["order_no"],
            complaints=decision.complaints,
            attempts=tuple(attempts),
        )

    def _decide(self, document: Document, shop: Json) -> deciding.Decision:
        if document.type == EVENT:
            return _event(document, shop)
        return deciding.decide(document, shop, self._settings)

    def _to_feed(self, progress: Progress, document: Document, shop: Json) -> None:
        """Put a document into the feed, unless the shop shows all that it tells, or the order is gone."""
        decision, body = self._feed_decision(document, shop)
        if decision.outcome == "updated":
            progress.feed, progress.remarks = (document, body), decision.complaints
        else:
            progress.results.append(
                DocumentResult(document.wanted, decision.outcome, progress.order_no, complaints=decision.complaints)
            )

    def _feed_decision(self, document: Document, shop: Json) -> tuple[deciding.Decision, Json]:
        body = document.body
        gone = deciding.refusal(document, shop)
        if gone is not None:
            return deciding.Decision("quarantined", complaints=(gone,)), body
        status = body.get("shipping-status")
        said = deciding.remarks(document, shop, self._settings, status.lower() if status else None)
        if self._orders is None or self._settings.feed.form != "order":
            return deciding.Decision("updated", complaints=said), body
        body = deciding.completed(body, document.facts, shop)
        differs = deciding.feed_differs(body, shop)
        return deciding.Decision("updated" if differs else "unchanged", complaints=said), body

    def plan(self, record: Record) -> list[Planned]:
        """Say what `send` would do with each document, by reading only.

        Raises:
            RetryableError: the shop does not answer for now.
        """
        facts = record.documents[0].facts
        shop: Json | None = {}
        if self._orders is not None:
            try:
                shop = self._orders.look(facts["site"], facts["order_no"])
            except ShopRefused as refused:
                said = (_refusal(record.key, refused),)
                return [Planned(each.row, each.wanted, "quarantine", "", complaints=said) for each in record.documents]
        return [self._planned(each, shop) for each in record.documents]

    def _planned(self, document: Document, shop: Json | None) -> Planned:
        if shop is None:
            complaint = _unknown(document).complaints[0]
            foreign = complaint.code == NOT_OF_THE_SHOP
            action: Action = "skip" if foreign else "quarantine"
            return Planned(document.row, document.wanted, action, "", complaints=(complaint,))
        if document.type == FEED:
            decision, body = self._feed_decision(document, shop)
        else:
            decision, body = self._decide(document, shop), document.body
        compared = tuple(_compared(document, shop)) if decision.outcome == "updated" else ()
        return Planned(
            document.row,
            document.wanted,
            ACTIONS.get(decision.outcome, "quarantine"),
            canonical.dumps(body) if decision.outcome == "updated" else "",
            tuple(each.field for each in compared),
            decision.complaints,
            compared,
        )


def _unknown(document: Document) -> DocumentResult:
    """Say that the shop does not know an order: ours must be there, another connector's may be of another channel."""
    key = document.key
    if document.facts.get("adopted"):
        words = f"{key}: the shop has no such order, and Cartage did not write it to the ERP: it came from elsewhere"
        return DocumentResult(document.wanted, "unchanged", complaints=(Complaint(NOT_OF_THE_SHOP, words),))
    words = f"{key}: the shop has no such order; look whether it was deleted there, or belongs to another site"
    return DocumentResult(
        document.wanted, "rejected", complaints=(Complaint("unknown_order", words, "orders.order_no"),)
    )


def _refused(document: Document, refused: ShopRefused, attempts: list[Attempt]) -> DocumentResult:
    said = (_refusal(document.key, refused),)
    return DocumentResult(document.wanted, "rejected", complaints=said, attempts=tuple(attempts))


def _refusal(key: str, refused: ShopRefused) -> Complaint:
    return Complaint("refused_by_the_shop", f"{key}: {refused}")


def _event(document: Document, shop: Json) -> deciding.Decision:
    """Decide about an event: it goes out once, with the ids that the shop's REST gives its lines.

    Options and members of bundles have none there; they travel with their product.
    """
    gone = deciding.refusal(document, shop)
    if gone is not None:
        return deciding.Decision("quarantined", complaints=(gone,))
    event, missing = with_line_ids(document.body, shop)
    if not event["fulfillmentEvent"]["lineItems"]:
        words = (
            f"{document.key}: the shop's REST does not show the lines {', '.join(missing) or 'of the package'}, so nobody who "
            "subscribed learns of it; tell the customer where it is"
        )
        return deciding.Decision(
            "unchanged", complaints=(Complaint("event_without_lines", words, "lines.line_id", asks=True),)
        )
    return deciding.Decision("updated", (deciding.Call("POST", "/oms-status-events", event),))


def _compared(document: Document, shop: Json) -> Iterable[Compared]:
    """Give what differs between a document of REST and the shop."""
    if document.type != ORDER:
        return
    for name, value in document.body.items():
        compared = Compared(name, _plain(shop.get(name)), _plain(value))
        if compared.differs:
            yield compared


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
