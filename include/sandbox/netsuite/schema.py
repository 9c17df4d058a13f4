"""What a record of the account may hold: the published fields and the custom ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.netsuite.checking import check_payload
from sandbox.netsuite.field_lists import Definitions, Property, published

if TYPE_CHECKING:
    from sandbox.netsuite.checking import Resolve
    from sandbox.netsuite.customization import Customization


class Schema:
    """The account's record types: published fields and custom ones."""

    def __init__(self, customization: Customization) -> None:
        self.definitions: Definitions = {
            name: {each: Property.of(text) for each, text in properties.items()}
            | {each: Property.of(field.type, field.longest) for each, field in customization.of(name).items()}
            for name, properties in published().items()
        }

    def is_record(self, name: str) -> bool:
        """Whether a record type of this name exists."""
        return name in self.definitions and "-" not in name

    def check(
        self, record: str, body: Any, resolve: Resolve, unknown: str = "error"
    ) -> tuple[dict[str, Any], list[str]]:
        """Check a payload of a record type; see `check_payload`.

        Raises:
            Refusal: something is not as it must be.
        """
        return check_payload(self.definitions, record, body, resolve, unknown)
