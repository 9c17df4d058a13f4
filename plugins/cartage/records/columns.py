"""Column types that all records share, and a way to write a table down with its meaning."""

from __future__ import annotations

import pyarrow as pa

MONEY = pa.decimal128(20, 6)
"""An amount in the units of the currency that stands beside it. Never a float."""

QUANTITY = pa.decimal128(20, 6)
"""A count of units; SFCC writes it as a double, so it can have a fraction (metres of cloth)."""

RATE = pa.decimal128(12, 8)
"""A share of one: a tax rate of 19 % is 0.19."""

INSTANT = pa.timestamp("us", tz="UTC")
"""A moment, always in UTC."""

TEXT = pa.string()
FLAG = pa.bool_()
ROW = pa.int64()
"""A row's number within its batch: links the tables of a record."""

ADDRESS_PARTS = (
    "salutation", "title", "first_name", "second_name", "last_name", "suffix", "company_name",
    "job_title", "address1", "address2", "suite", "postbox", "city", "postal_code", "state_code",
    "country_code", "phone",
)  # fmt: skip
"""The parts of an address, in SFCC's own words."""


def table(columns: dict[str, tuple[pa.DataType, str]]) -> pa.Schema:
    """Make a schema from ``{name: (type, meaning)}``; the meaning is kept as field metadata."""
    return pa.schema([pa.field(name, kind, metadata={"meaning": meaning}) for name, (kind, meaning) in columns.items()])


def address(prefix: str, whose: str) -> dict[str, tuple[pa.DataType, str]]:
    """Give the columns of an address, each named ``{prefix}_{part}``."""
    return {f"{prefix}_{part}": (TEXT, f"{part.replace('_', ' ')} of the {whose} address") for part in ADDRESS_PARTS}


def amounts(prefix: str, what: str) -> dict[str, tuple[pa.DataType, str]]:
    """Give the three amounts that SFCC writes for every total: net, tax and gross."""
    return {f"{prefix}_{part}": (MONEY, f"{part} of {what}") for part in ("net", "tax", "gross")}
