"""Small records that others refer to: locations, subsidiaries, currencies, shipping items and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import user_error
from sandbox.netsuite.records.customers import address_row
from sandbox.netsuite.store import Record, moment

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

_NAMES = ("itemId", "name", "periodName", "acctName")


class ListRules:
    """A record with a name, laid out column by column."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Require a name."""
        del account, old, sent
        name = next((record.body[each] for each in _NAMES if record.body.get(each)), None)
        if name is None:
            raise user_error("Please enter value(s) for: Name")
        record.name = record.body.get("symbol") or name
        record.inactive = bool(record.body.get("isInactive", False))

    def lay_out(self, account: Account, record: Record) -> None:
        """One row; a property's column has its name in lower case."""
        row: dict[str, Any] = {"isinactive": False, **{name.lower(): value for name, value in record.body.items()}}
        for name, value in row.items():
            if name in ("startdate", "enddate"):
                row[name] = moment(value)
            elif isinstance(value, list):
                row[name] = value[0] if value else None
        row |= {"id": record.id, "externalid": record.external_id, "lastmodifieddate": moment(record.modified)}
        row.setdefault("fullname", record.body.get("name") or record.body.get("acctName"))
        row.setdefault("accountsearchdisplayname", record.body.get("acctName"))
        row.setdefault("itemid", record.name)
        if record.type == "accountingPeriod":
            flags = ("isyear", "isquarter", "isadjust", "alllocked", "arlocked")
            row |= {"isposting": True, "closed": bool(record.body.get("closed")), **dict.fromkeys(flags, False)}
        account.store.lay(record.type.lower(), record.id, [row])

    def delete(self, account: Account, record: Record) -> None:
        """Refused: other records refer to it."""
        del account
        raise user_error(f"This record cannot be deleted because it has dependent records: {record.type} {record.id}.")


class LocationRules(ListRules):
    """A location has addresses and subsidiaries; every item that is counted has a row there."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Require a name and a subsidiary."""
        super().save(account, record, old, sent)
        if not record.body.get("subsidiary"):
            raise user_error("Please enter value(s) for: Subsidiary", path="subsidiary")
        record.body.setdefault("makeInventoryAvailable", True)
        if old is None:
            account.store.query(
                "INSERT OR IGNORE INTO aggregateitemlocation (item, location) "
                "SELECT id, ? FROM item WHERE itemtype IN ('InvtPart', 'Assembly')",
                record.id,
            )

    def lay_out(self, account: Account, record: Record) -> None:
        """The row, its subsidiaries and its addresses."""
        body, store = record.body, account.store
        super().lay_out(account, record)
        store.lay("locationsubsidiarymap", record.id, [
            {"location": record.id, "subsidiary": each} for each in body["subsidiary"]
        ])  # fmt: skip
        for name in ("mainAddress", "returnAddress"):
            address = body.get(name)
            rows = [address_row(record.id, address) | {"dropdownstate": address.get("state")}] if address else []
            store.lay(f"location{name.lower()}", record.id, rows)
            store.query(
                f"UPDATE location SET {name.lower()} = ? WHERE id = ?",  # noqa: S608 - a name of ours
                record.id if address else None, record.id,
            )  # fmt: skip
