"""Locations of NetSuite as a source: all of them, each time, since there are few."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.errors import Complaint
from cartage.records.batch import Batch
from cartage.records.location import TABLES
from cartage.records.outcome import Outcome, Verdict
from cartage.seams import Read
from cartage.systems.netsuite.locations.homes import Homes
from cartage.systems.netsuite.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cartage.settings import Settings
    from cartage.systems.netsuite.hook import NetSuiteHook
    from cartage.systems.netsuite.suiteql import Row
    from cartage.windows import Selection, Window

QUERIES = Path(__file__).parent / "queries"
KINDS = {"1": "store", "2": "warehouse"}
"""NetSuite's location types; a location may have none."""

VERSION = "%Y-%m-%dT%H:%M:%S.%fZ"


class LocationSource:
    """Reads locations with their homes in the shop; see `cartage.seams.Source`.

    Args:
        hook: NetSuite's transport.
        settings: all run settings.
    """

    def __init__(self, hook: NetSuiteHook, settings: Settings) -> None:
        self._reader = Reader(hook, queries=QUERIES)
        self._settings = settings
        self._homes = Homes(settings)

    def read(self, window: Window, selection: Selection) -> Iterator[Read]:  # noqa: ARG002 - few: read whole
        """Give all locations, or those that the selection names, in the order of their internal ids.

        A setting that names a location which NetSuite does not have is a verdict of its own: the flows that use it
        would silently sell nothing from there.

        Raises:
            RetryableError: NetSuite does not answer for now.
            BatchError: NetSuite refuses the query.
        """
        now = datetime.now(UTC)
        found = {str(row["id"]): row for row in self._reader.all("locations")}
        wanted = [each for each in sorted(found, key=int) if not selection.keys or each in selection.keys]
        locations, homes = [], []
        for row_number, id_ in enumerate(wanted):
            locations.append({"location": row_number, **self._location(found[id_], now)})
            homes += [
                {"location": row_number, "kind": each.kind, "id": each.id, "list_id": each.list_id}
                for each in self._homes.of(id_)
            ]
        rows: dict[str, list[dict[str, Any]]] = {"locations": locations, "homes": homes}
        tables = {name: pa.Table.from_pylist(rows[name], schema) for name, schema in TABLES.items()}
        yield Read(Batch("location", tables), tuple(self._unknown(found, selection, len(wanted))))

    def acknowledge(self, verdicts: Iterable[Verdict]) -> None:
        """Do nothing: NetSuite need not know what the shop was told."""

    def _location(self, row: Row, now: datetime) -> dict[str, Any]:
        id_ = str(row["id"])
        return {
            "key": id_,
            "version": now.strftime(VERSION),
            "location_id": id_,
            "name": row.get("name"),
            "active": row.get("isinactive") != "T",
            "subsidiary": row.get("subsidiary"),
            "kind": KINDS.get(row.get("locationtype") or "", "other"),
            "left_out": id_ in self._settings.locations.left_out,
            "address1": row.get("addr1"),
            "address2": row.get("addr2"),
            "city": row.get("city"),
            "postal_code": row.get("zip"),
            "state_code": row.get("state"),
            "country_code": row.get("country"),
            "phone": row.get("addrphone"),
            "latitude": row.get("latitude"),
            "longitude": row.get("longitude"),
        }

    def _unknown(self, found: dict[str, Row], selection: Selection, first_row: int) -> Iterator[Verdict]:
        unknown = self._homes.unknown(found)
        asked = [each for each in unknown if not selection.keys or each in selection.keys]
        for row, location in enumerate(asked, first_row):
            reason = (
                f"location {location}: NetSuite has none of this id, but the settings name it in "
                f"{', '.join(unknown[location])}; correct the id, or take it out"
            )
            yield Verdict(row, location, Outcome.QUARANTINED, (Complaint("unknown_location", reason, "location_id"),))
