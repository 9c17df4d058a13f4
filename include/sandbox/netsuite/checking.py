"""The check of a payload: unknown properties, types, enumerations, lengths, and references.

What is wrong is named as NetSuite names it (``item.items[0].quantity``).
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import Refusal, invalid, user_error
from sandbox.netsuite.countries import COUNTRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.netsuite.field_lists import Definitions, Property

    Resolve = Callable[[str, dict[str, Any], str, str], dict[str, Any]]

COMPUTED = frozenset({
    "id", "internalId", "refName", "links", "createdDate", "dateCreated", "lastModifiedDate", "lineUniqueKey",
    "subtotal", "total", "taxTotal", "tax2Total", "discountTotal", "amountPaid", "amountRemaining", "giftCertApplied",
    "transactionNumber", "balance", "overdueBalance", "depositBalance", "unbilledOrders", "consolBalance",
    "quantityCommitted", "quantityFulfilled", "quantityBilled", "quantityBackOrdered", "quantityAvailable",
    "quantityOnHand", "itemType", "status", "estGrossProfit", "estGrossProfitPercent", "totalCostEstimate",
    "addressBookAddress_text", "addrText",
})  # fmt: skip
"""What NetSuite computes: a client may send it, it has no effect."""

_LINE_KEYS = frozenset({"id", "internalId"})
"""On a sublist's element these find the line that is meant."""

LONGEST = {
    "otherRefNum": 45, "memo": 999, "description": 999, "externalId": 255, "entityId": 83, "companyName": 83,
    "firstName": 32, "middleName": 32, "lastName": 32, "salutation": 30, "title": 99, "email": 254, "comments": 4000,
    "addressee": 150, "attention": 150, "addr1": 150, "addr2": 150, "addr3": 150, "city": 50, "zip": 36, "addrPhone": 32,
    "phone": 32, "mobilePhone": 32, "homePhone": 32, "fax": 32, "label": 150, "itemId": 250,
}  # fmt: skip
"""Most characters of standard fields; longer ones are refused, not cut."""

_PHONES = frozenset({"phone", "mobilePhone", "homePhone", "officePhone", "fax", "addrPhone"})
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


def check_payload(
    definitions: Definitions, record: str, body: Any, resolve: Resolve, unknown: str
) -> tuple[dict[str, Any], list[str]]:
    """Check a payload and bring it into stored form: references resolved, sublists as lists, no computed values.

    Args:
        definitions: the account's record types.
        record: record type.
        body: the payload.
        resolve: called with (target type, reference, path, property name); gives ``{id, refName}``.
        unknown: what becomes of unknown properties: error, warning or ignore.

    Returns:
        The stored form, and warnings about properties that were left out.

    Raises:
        Refusal: something is not as it must be.
    """
    run = _Check(definitions, resolve, unknown)
    if not isinstance(body, dict):
        raise Refusal("INVALID_CONTENT", "Invalid content in the request body: an object is expected.")
    return run.object(record, body, ""), run.warnings


class _Check:
    """One payload's check."""

    def __init__(self, definitions: Definitions, resolve: Resolve, unknown: str) -> None:
        self.definitions = definitions
        self.resolve = resolve
        self.unknown = unknown
        self.warnings: list[str] = []
        self.kinds: dict[str, Any] = {
            "string": self.string, "number": self.number, "integer": self.integer, "boolean": self.boolean,
            "date": self.date, "date-time": self.instant, "enum": self.enum, "country": self.country,
            "ref": self.reference, "list": self.sublist, "object": self.subrecord, "array": self.array,
        }  # fmt: skip

    def object(self, definition: str, body: dict[str, Any], path: str) -> dict[str, Any]:
        properties = self.definitions[definition]
        checked: dict[str, Any] = {}
        for name, value in body.items():
            place = f"{path}.{name}" if path else name
            known = properties.get(name)
            if name in COMPUTED and known is not None and not ("-" in definition and name in _LINE_KEYS):
                continue
            if known is None:
                if name != "links":
                    self.stranger(name, place, definition)
                continue
            checked[name] = None if value is None else self.kinds[known.kind](known, value, place, name)
        return checked

    def stranger(self, name: str, place: str, definition: str) -> None:
        detail = f"Unknown reference or field: '{name}' does not exist on {definition}."
        if self.unknown == "error":
            raise Refusal("NONEXISTENT_FIELD", detail, path=place)
        if self.unknown == "warning":
            self.warnings.append(place)

    def string(self, known: Property, value: Any, place: str, name: str) -> str:
        if not isinstance(value, str):
            raise invalid(place, f"Invalid value for '{place}': a string is expected.")
        longest = known.longest or LONGEST.get(name)
        if longest is not None and len(value) > longest:
            raise invalid(
                place, f"The field {place} contained more than the maximum number ( {longest} ) of characters allowed."
            )
        if name in _PHONES and sum(each.isdigit() for each in value) < 7:
            raise user_error("Phone number should have seven digits or more.", path=place)
        if name == "email" and not _EMAIL.fullmatch(value):
            raise user_error("Invalid email address.", path=place)
        return value

    def number(self, _known: Property, value: Any, place: str, _: str) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise invalid(place, f"Invalid value for '{place}': a number is expected.")
        return Decimal(value)

    def integer(self, _known: Property, value: Any, place: str, _: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid(place, f"Invalid value for '{place}': an integer is expected.")
        return value

    def boolean(self, _known: Property, value: Any, place: str, _: str) -> bool:
        if not isinstance(value, bool):
            raise invalid(place, f"Invalid value for '{place}': a boolean is expected.")
        return value

    def date(self, _known: Property, value: Any, place: str, _: str) -> str:
        try:
            return dt.date.fromisoformat(value).isoformat() if len(value) == 10 else _fail()
        except (ValueError, TypeError):
            raise invalid(place, f"Invalid value for '{place}': a date as YYYY-MM-DD is expected.") from None

    def instant(self, _known: Property, value: Any, place: str, _: str) -> str:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise invalid(place, f"Invalid value for '{place}': a date-time as YYYY-MM-DDThh:mm:ssZ is expected.")
        try:
            moment = dt.datetime.fromisoformat(value)
        except ValueError:
            raise invalid(place, f"Invalid value for '{place}': there is no such moment.") from None
        return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def enum(self, known: Property, value: Any, place: str, _: str) -> dict[str, str]:
        chosen = value.get("id") if isinstance(value, dict) else None
        if not isinstance(chosen, str) or (known.allowed and chosen not in known.allowed):
            choices = ", ".join(sorted(known.allowed)) or "the listed values"
            raise invalid(place, f"Invalid value for '{place}': an object with an id out of {choices} is expected.")
        return {"id": chosen, "refName": str(value.get("refName") or chosen)}

    def country(self, _known: Property, value: Any, place: str, _: str) -> dict[str, str]:
        chosen = value.get("id") if isinstance(value, dict) else None
        if chosen not in COUNTRIES:
            raise invalid(
                place, f"Invalid value for '{place}': an object with an ISO 3166 country code as id is expected."
            )
        return {"id": chosen, "refName": chosen}

    def reference(self, known: Property, value: Any, place: str, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid(place, f'Invalid value for \'{place}\': a reference such as {{"id": "1"}} is expected.')
        found: dict[str, Any] = self.resolve(known.target, value, place, name)
        return found

    def sublist(self, known: Property, value: Any, place: str, name: str) -> list[dict[str, Any]]:
        items = value.get("items") if isinstance(value, dict) else None
        if not isinstance(items, list):
            raise invalid(place, f"Invalid value for '{place}': a sublist as {{\"items\": [...]}} is expected.")
        checked = []
        for position, each in enumerate(items):
            where = f"{place}.items[{position}]"
            if not isinstance(each, dict):
                raise invalid(where, f"Invalid value for '{where}': an object is expected.")
            if known.target in self.definitions and "-" in known.target:
                checked.append(self.object(known.target, each, where))
            else:
                checked.append(self.resolve(known.target, each, where, name))
        return checked

    def subrecord(self, known: Property, value: Any, place: str, _: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise invalid(place, f"Invalid value for '{place}': an object is expected.")
        return self.object(known.target, value, place)

    def array(self, _known: Property, value: Any, _place: str, _: str) -> Any:
        return value


def _fail() -> str:
    raise ValueError
