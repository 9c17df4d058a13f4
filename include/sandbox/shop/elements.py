"""Small pieces of SFCC's XML that orders and customer lists share: text, numbers, dates, attributes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sandbox.shop.model import Address, Attribute

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ADDRESS_PARTS = (
    "salutation", "title", "first_name", "second_name", "last_name", "suffix", "company_name", "job_title",
    "address1", "address2", "suite", "postbox", "city", "postal_code", "state_code", "country_code", "phone",
)  # fmt: skip


class Writer:
    """Writes child elements of one namespace, leaving out what is None."""

    def __init__(self, namespace: str) -> None:
        self._prefix = f"{{{namespace}}}"

    def node(self, parent: etree._Element, name: str, **attributes: str) -> etree._Element:
        """Add an empty element and give it."""
        return etree.SubElement(parent, self._prefix + name, attributes)

    def text(self, parent: etree._Element, name: str, value: object) -> None:
        """Add an element with text; booleans, decimals and moments in their XML forms."""
        if value is not None:
            etree.SubElement(parent, self._prefix + name).text = _written(value)

    def texts(self, parent: etree._Element, pairs: Iterable[tuple[str, object]]) -> None:
        """Add several elements in order."""
        for name, value in pairs:
            self.text(parent, name, value)

    def address(self, node: etree._Element, address: Address) -> None:
        """Write the parts of an address into its element."""
        self.texts(node, ((part.replace("_", "-"), getattr(address, part)) for part in _ADDRESS_PARTS))
        self.attributes(node, address.attributes)

    def attributes(self, parent: etree._Element, attributes: Sequence[Attribute]) -> None:
        """Write custom attributes, a set as ``value`` elements."""
        if not attributes:
            return
        box = self.node(parent, "custom-attributes")
        for attribute in attributes:
            node = self.node(box, "custom-attribute", **{"attribute-id": attribute.name})
            if attribute.locale:
                node.set(XML_LANG, attribute.locale)
            if attribute.several or len(attribute.values) != 1:
                for value in attribute.values:
                    self.text(node, "value", value)
            else:
                node.text = attribute.values[0]


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def moment(value: datetime) -> str:
    """Write a moment as SFCC exports it: in GMT, with milliseconds."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def double(value: Decimal) -> str:
    """Write a number as Java prints a double: with a point, and in powers of ten outside of 0.001 to 10,000,000."""
    if value and not Decimal("0.001") <= abs(value) < Decimal(10_000_000):
        digits = format(value.normalize(), "E").replace("E+", "E")
        head, power = digits.split("E")
        return f"{head if '.' in head else head + '.0'}E{power}"
    plain = format(value.normalize(), "f")
    return plain if "." in plain else plain + ".0"
