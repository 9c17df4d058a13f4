"""Shipments into documents: what the shop is told of each order, by each of the ways the settings choose."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.mapping import MappingFault
from cartage.records.outcome import Outcome, Verdict
from cartage.systems.sfcc.documents import DocumentTransformer, DocumentWriter, case_kept
from cartage.systems.sfcc.shipments.columns import OFFERED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.mapping import TargetMapping
    from cartage.records.batch import Batch
    from cartage.seams import Transformed
    from cartage.settings.shipments import Shipments

Row = dict[str, Any]

ORDER, FEED, EVENT = "order", "shipments", "shipmentEvent"
"""Types of documents: what REST writes, an order of a feed, an event."""

FORMS = {"order": "feed", "shipping_order": "shipping_order"}
"""Form of the feed -> the part of the mapping that makes it."""


class ShipmentTransformer(DocumentTransformer):
    """Makes documents of shipments.

    Args:
        settings: settings of the flow.
        mapping: ``mappings/sfcc/shipment.yaml``.
        looked_at: whether the target can look at the shop's orders, whatever it writes.

    Raises:
        SettingsError: the mapping names a column that there is none of; with file and line.
    """

    def __init__(self, settings: Shipments, mapping: TargetMapping, *, looked_at: bool = False) -> None:
        super().__init__(mapping, OFFERED)
        self._settings = settings
        self._looked_at = looked_at or bool({"scapi", "events"} & set(settings.by))

    def transform(self, batch: Batch) -> Transformed:
        """Give each record's documents, or a verdict where it has none."""
        writer = DocumentWriter("shipment")
        children = {name: _by_order(batch, name) for name in ("shipments", "packages", "lines")}
        for columns in batch.root.to_pylist():
            row = columns["order"]
            shaped = self._shaped(
                columns, *(children[name].get(row, []) for name in ("shipments", "packages", "lines"))
            )
            try:
                self._write(writer, shaped)
            except MappingFault as fault:
                writer.verdicts.append(Verdict(row, columns["key"], Outcome.QUARANTINED, (fault.complaint,)))
        return writer.transformed()

    def _write(self, writer: DocumentWriter, row: Row) -> None:
        """Add the record's documents; one that nothing is to be told of gets a verdict instead."""
        record = row["order"], row["key"], row["version"]
        if row["cancelled"] and not self._looked_at:
            writer.verdicts.append(
                Verdict(row["order"], row["key"], Outcome.QUARANTINED, (cancelled_in_erp(row["key"]),))
            )
            return
        facts = {each: row[each] for each in ("site", "order_no", "adopted", "short")}
        facts["tracking_number"] = (row["tracking_numbers"] or [None])[0]
        action = "cancel" if row["cancelled"] else "upsert"
        made = self._cancelled(row) if row["cancelled"] else list(self._told(row))
        mark = "short" if row["short"] else ""  # with `short: report` nothing else of what is told changes
        for type_, name, body in made:
            writer.add(record, type_, name, body, action=action, facts=facts, mark="" if type_ == EVENT else mark)
        if not made:
            reason = f"{row['key']}: nothing of it was shipped that {' and '.join(self._settings.by)} would tell"
            complaint = Complaint("not_shipped", reason, "orders.status")
            writer.verdicts.append(Verdict(row["order"], row["key"], Outcome.SKIPPED, (complaint,)))

    @staticmethod
    def _cancelled(row: Row) -> list[tuple[str, str, Any]]:
        return [(ORDER, _name(row), {"status": "cancelled"})]

    def _told(self, row: Row) -> Iterator[tuple[str, str, Any]]:
        """Give type, id and body of each document."""
        body, name = self._render(row), _name(row)
        if "scapi" in self._settings.by:
            yield ORDER, name, body.get("order", {})
        told = body.get(FORMS[self._settings.feed.form])
        if "feed" in self._settings.by and row["status"] != "NOT_SHIPPED" and told:
            yield FEED, name, told
        if "events" in self._settings.by:
            for event in body.get("events", ()):
                yield EVENT, f"{name}/{event['fulfillmentEvent']['id']}", event

    def _shaped(self, order: Row, shipments: list[Row], packages: list[Row], lines: list[Row]) -> Row:
        """Give the row that the mapping reads, child rows in it."""
        lines = [line | {"state": _state(line)} for line in lines]
        status = order["status"]
        if order["short"] and self._settings.short == "complete":
            status = "SHIPPED"
            shipments = [each | {"status": _short_status(each, lines)} for each in shipments]
        packages = self._packages(packages)
        numbers = list(dict.fromkeys(each["tracking_number"] for each in packages))
        carriers = list(dict.fromkeys(filter(None, (each["carrier"] for each in [*packages, *shipments]))))
        return order | {
            "shipping_status": status,
            "complete": self._settings.complete and status == "SHIPPED",
            "erp_number": next(iter(json.loads(order["erp_numbers"] or "[]")), None),
            "tracking_numbers": numbers or None,
            "carriers": carriers or None,
            "packages": packages,
            "lines": lines,
            "shipments": [_with_children(each, packages, lines) for each in shipments],
        }

    def _packages(self, packages: list[Row]) -> list[Row]:
        places: Counter[str] = Counter()
        made = []
        for package in packages:
            places[package["fulfilment_id"]] += 1
            contents = json.loads(package["contents"] or "{}")
            made.append(
                package
                | {
                    "id": f"{package['fulfilment_id']}-{places[package['fulfilment_id']]}",
                    "url": self._address(package),
                    "contents": [{"line_id": line, "units": Decimal(units)} for line, units in contents.items()],
                }
            )
        return made

    def _address(self, package: Row) -> str | None:
        urls = self._settings.tracking_urls
        pattern = urls.get(package["carrier"] or "") or urls.get("default")
        return pattern.replace("{number}", package["tracking_number"]) if pattern else None


def cancelled_in_erp(key: str) -> Complaint:
    """Say that an order was cancelled in the ERP and that a person must act."""
    return Complaint(
        "cancelled_in_erp",
        f"{key}: it was closed in the ERP before any of it was shipped. Cancel it in Business Manager, or let "
        "`shipments.cancelled: cancel` do so, with `scapi` in `shipments.by`",
        "orders.cancelled",
    )


def _name(row: Row) -> str:
    return f"{row['site']}/{case_kept(row['order_no'])}"


def _state(line: Row) -> str:
    if line["shipped"] >= line["ordered"]:
        return "shipped"
    return "closed" if line["closed"] else "open"


def _short_status(shipment: Row, lines: list[Row]) -> str:
    """Give the state of a shipment of which the rest was closed: shipped, once anything of it was."""
    own = [each for each in lines if each["shipment_id"] == shipment["shipment_id"]]
    return "SHIPPED" if any(each["shipped"] for each in own) else str(shipment["status"])


def _with_children(shipment: Row, packages: list[Row], lines: list[Row]) -> Row:
    own = [each for each in packages if each["shipment_id"] == shipment["shipment_id"]]
    return shipment | {
        "packages": own,
        "lines": [each for each in lines if each["shipment_id"] == shipment["shipment_id"]],
        "tracking_numbers": list(dict.fromkeys(each["tracking_number"] for each in own)) or None,
    }


def _by_order(batch: Batch, name: str) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in batch.tables[name].to_pylist():
        found[row["order"]].append(row)
    return found
