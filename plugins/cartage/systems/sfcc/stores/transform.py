"""Locations into documents: a store for each store that a location is, an inventory list for each that it adds up to."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from cartage.errors import Complaint
from cartage.mapping import MappingFault
from cartage.records.outcome import Outcome, Verdict
from cartage.systems.sfcc.documents import DocumentTransformer, DocumentWriter, case_kept
from cartage.systems.sfcc.stores.columns import OFFERED

if TYPE_CHECKING:
    from cartage.mapping import TargetMapping
    from cartage.records.batch import Batch
    from cartage.seams import Transformed
    from cartage.settings import Settings

Row = dict[str, Any]

STORE, LIST = "store", "inventoryList"
"""Types of documents."""


class LocationTransformer(DocumentTransformer):
    """Makes documents of locations.

    Args:
        settings: all run settings.
        mapping: ``mappings/sfcc/location.yaml``.

    Raises:
        SettingsError: the mapping names a column that there is none of; with file and line.
    """

    def __init__(self, settings: Settings, mapping: TargetMapping) -> None:
        super().__init__(mapping, OFFERED)
        self._settings = settings

    def transform(self, batch: Batch) -> Transformed:
        """Give each location's documents, or why it has none."""
        writer = DocumentWriter("location")
        homes: dict[int, list[Row]] = defaultdict(list)
        for home in batch.tables["homes"].to_pylist():
            homes[home["location"]].append(home)
        for location in batch.root.to_pylist():
            own = homes[location["location"]]
            verdict = self._passed_over(location, own)
            try:
                if verdict is None:
                    self._write(writer, location, own)
            except MappingFault as fault:
                verdict = _verdict(location, Outcome.QUARANTINED, fault.complaint)
            if verdict is not None:
                writer.verdicts.append(verdict)
        return writer.transformed()

    def _passed_over(self, location: Row, homes: list[Row]) -> Verdict | None:
        """Give the verdict on a location that the shop is not told of."""
        key, name = location["key"], location["name"]
        if location["left_out"]:
            reason = f"location {key} ({name}): left out by the setting locations.left_out"
            return _verdict(location, Outcome.SKIPPED, Complaint("left_out", reason, "left_out"))
        if not location["active"] and not self._goes_offline(homes):
            reason = f"location {key} ({name}) is inactive in the ERP, and no store of the shop is to be taken offline"
            return _verdict(location, Outcome.SKIPPED, Complaint("inactive", reason, "active"))
        if not homes:
            return _verdict(location, Outcome.QUARANTINED, _homeless(location))
        return None

    def _goes_offline(self, homes: list[Row]) -> bool:
        return self._settings.locations.inactive == "offline" and any(each["kind"] == "store" for each in homes)

    def _write(self, writer: DocumentWriter, location: Row, homes: list[Row]) -> None:
        """Add the documents; a store of an inactive location is all that is told of it."""
        lists = [each["id"] for each in homes if each["kind"] == "list"] if location["active"] else []
        stores = [each for each in homes if each["kind"] == "store"]
        body = self._render({**location, "stores": stores, "lists": [self._list(each) for each in lists]})
        record = location["location"], location["key"], location["version"]
        made = [(LIST, each["list-id"], each) for each in body.get("list", ()) if self._settings.locations.create_lists]
        made += [(STORE, each["store-id"], each) for each in body.get("store", ())]
        for type_, name, document in made:
            writer.add(record, type_, case_kept(name), document)
        if not made:
            reason = (
                f"location {record[1]}: its stock goes into the shop's lists, and locations.create_lists makes none"
            )
            writer.verdicts.append(_verdict(location, Outcome.SKIPPED, Complaint("nothing_to_tell", reason)))

    def _list(self, id_: str) -> Row:
        inventory = self._settings.inventory
        header = inventory.feed.headers.get(id_, inventory.feed.header)
        return {
            "id": id_,
            "default_instock": header.default_instock,
            "description": header.description,
            "use_bundle_inventory_only": header.use_bundle_inventory_only,
            "on_order": inventory.lists[id_].on_order if id_ in inventory.lists else None,
        }


def _homeless(location: Row) -> Complaint:
    key, name = location["key"], location["name"]
    return Complaint(
        "location_without_home",
        f"location {key} ({name}) has no home in the shop, so its stock is sold nowhere. Name it in the settings: "
        f'`inventory.lists.<list>.locations: [..., "{key}"]`, `sites.<site>.stores.<store>: "{key}"`, or, on purpose, '
        f'`locations.left_out: [..., "{key}"]`',
        "homes",
    )


def _verdict(location: Row, outcome: Outcome, complaint: Complaint) -> Verdict:
    return Verdict(location["location"], location["key"], outcome, (complaint,))
