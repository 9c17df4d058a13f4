"""What can go wrong when one record is mapped. Faults condemn that record, never the batch."""

from __future__ import annotations

from cartage.errors import CartageError, Complaint


class MappingFault(CartageError):  # noqa: N818 - a fact about one record, quarantined, not an error of the run
    """One record cannot be mapped.

    Attributes:
        code: stable, lower-case word for grouping.
        reason: what is wrong and what to do; it quotes no personal data.
        path: the payload's field, with the rows' indexes: ``item.items[2].quantity``.
        field: the record's column it came from, ``lines.quantity``, when it came from one.
    """

    code = "not_mapped"

    def __init__(self, reason: str, *, path: str = "", field: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path
        self.field = field

    def __str__(self) -> str:
        """Say where, what and what to do."""
        return f"{self.path or 'the payload'}: {self.reason}"

    @property
    def complaint(self) -> Complaint:
        """The fault as a reason for quarantine."""
        return Complaint(self.code, str(self), self.field)

    def at(self, path: str, field: str | None) -> MappingFault:
        """Note where it happened, unless that is known already."""
        self.path = self.path or path
        self.field = self.field or field
        return self

    def within(self, index: int) -> MappingFault:
        """Note the row of the innermost list that is still without one."""
        head, mark, tail = self.path.rpartition("[]")
        self.path = f"{head}[{index}]{tail}" if mark else self.path
        return self


class LookupMissing(MappingFault):
    """The target does not know a value of the shop.

    Args:
        kind: the lookup: item, location, shipping_method …
        value: the shop's value; a code, never personal data.
    """

    def __init__(self, kind: str, value: str, *, path: str = "", field: str | None = None) -> None:
        what = kind.replace("_", " ")
        super().__init__(f"the target knows no {what} `{value}`; create it there or map it", path=path, field=field)
        self.code = f"unknown_{kind}"
        self.kind = kind
        self.value = value


class ValueRefused(MappingFault):
    """A value cannot be written as the mapping asks: no number, too long, not in the value map."""

    code = "value_refused"


class ValueMissing(MappingFault):
    """A value that the mapping requires is null."""

    code = "value_missing"
