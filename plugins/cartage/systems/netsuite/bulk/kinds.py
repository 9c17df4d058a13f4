"""Kinds of lines as numbers, so that they can be compared column by column."""

from __future__ import annotations

import pyarrow as pa

NAMES = ("product", "option", "gift_certificate", "tender", "shipping", "product_shipping")
PRODUCT, OPTION, CERTIFICATE, TENDER, SHIPPING, PRODUCT_SHIPPING = range(len(NAMES))
"""Merchandise comes first, up to `OPTION`; costs of shipping come last, from `SHIPPING`."""


def names() -> pa.Array:
    """Give the kinds' names, each at its number."""
    return pa.array(NAMES, pa.string())
