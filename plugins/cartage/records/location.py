"""Locations: where the ERP keeps stock, and which inventory lists and stores of the shop they are."""

from __future__ import annotations

from cartage.records.columns import FLAG, ROW, TEXT, table

LOCATIONS = table(
    {
        "location": (ROW, "row of this record; unique within a run"),
        "key": (TEXT, "the record's key: the location's internal id"),
        "version": (TEXT, "moment it was read, ISO 8601 in UTC"),
        "location_id": (TEXT, "internal id of the ERP's location"),
        "name": (TEXT, "its name"),
        "active": (FLAG, "is in use"),
        "subsidiary": (TEXT, "internal id of its subsidiary"),
        "kind": (TEXT, "store, warehouse or other, as the ERP says"),
        "left_out": (FLAG, "the settings say that the shop sells nothing of it"),
        "address1": (TEXT, "first line of its address"),
        "address2": (TEXT, "second line"),
        "city": (TEXT, "city"),
        "postal_code": (TEXT, "postal code"),
        "state_code": (TEXT, "state"),
        "country_code": (TEXT, "ISO 3166 code of two letters"),
        "phone": (TEXT, "phone of the location"),
        "latitude": (TEXT, "degrees, as a decimal number"),
        "longitude": (TEXT, "degrees, as a decimal number"),
    }
)

HOMES = table(
    {
        "location": (ROW, "row of the location"),
        "kind": (TEXT, "list or store"),
        "id": (TEXT, "the shop's inventory list or store"),
        "list_id": (TEXT, "inventory list of that store"),
    }
)

TABLES = {"locations": LOCATIONS, "homes": HOMES}
ROOT = "locations"
LINK = "location"
START = None
EMAILS: tuple[str, ...] = ()
PHONES: tuple[str, ...] = ()
