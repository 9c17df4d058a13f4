"""Small records that others refer to: locations, subsidiaries, currencies, shipping items and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import user_error
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
