"""External ids: the stable names under which Cartage writes documents to NetSuite.

NetSuite takes letters, digits, ``_`` and ``-``, compares ids without regard to case, and keeps them
unique per group of record types: customers, contacts and vendors share one group, transactions another.
So an id is ``{integration}-{site}-{kind}-{key}``. A capital, and any character that is not allowed,
becomes ``_xx`` for each of its UTF-8 bytes; ``_`` itself too, and ``-`` in front of the key, where it
parts the pieces. What has no number of its own is marked with a letter that is no hexadecimal digit
(``_g…``, ``_s…``, ``_p…``), which no encoded text can hold. Two different things never share an id.

The scheme has a version. It never changes for what is written: a change is a new number here, and
old documents keep the old one.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import Literal

SCHEME = 1
"""Version of the scheme below."""

LONGEST = 100
"""Characters that Cartage allows itself."""

Kind = Literal["so", "dep", "cust", "cont"]
"""Sales order, customer deposit, customer, contact."""

_STRANGE = re.compile(r"[^a-z0-9-]+")
_STRANGE_OR_DASH = re.compile(r"[^a-z0-9]+")
_HEAD = 56
_DIGEST = 40


@lru_cache(maxsize=4096)
def encode(text: str, *, dash: bool = True) -> str:
    """Write any text with lower-case letters, digits, ``_`` and (when `dash`) ``-`` only.

    Different texts give different results, even when compared without regard to case.
    """
    return (_STRANGE if dash else _STRANGE_OR_DASH).sub(_bytes, text)


def _bytes(found: re.Match[str]) -> str:
    return "".join(f"_{byte:02x}" for byte in found.group().encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=256)
def prefix(integration: str, site: str, kind: Kind) -> str:
    """Give what all ids of a kind begin with."""
    return f"{encode(integration, dash=False)}-{encode(site, dash=False)}-{kind}-"


def _external_id(integration: str, site: str, kind: Kind, key: str) -> str:
    return shortened(prefix(integration, site, kind) + key)


def shortened(whole: str) -> str:
    """Give an id as it is, or, where it is too long, its head and the head of its hash."""
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[:_HEAD]}_h{hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST]}"


def sales_order(integration: str, site: str, order_no: str, shipment_id: str | None = None) -> str:
    """Give the id of an order's sales order, or of one of its several: then `shipment_id` is its shipment."""
    suffix = "" if shipment_id is None else f"_s{encode(shipment_id)}"
    return _external_id(integration, site, "so", encode(order_no) + suffix)


def deposit(integration: str, site: str, order_no: str, ordinal: int, shipment_id: str | None = None) -> str:
    """Give the id of the deposit for an order's payment number `ordinal`, on one of several sales orders or the one."""
    suffix = "" if shipment_id is None else f"_s{encode(shipment_id)}"
    return _external_id(integration, site, "dep", f"{encode(order_no)}_p{ordinal}{suffix}")


def number_key(customer_no: str) -> str:
    """Give the key of a customer who has a number in the shop."""
    return encode(customer_no)


def guest_key(email: str) -> str:
    """Give the key of a guest known by e-mail: a hash of it as people mean it, since ids hold no personal data.

    Spaces around it, its case and its Unicode form make no difference.
    """
    normal = unicodedata.normalize("NFKC", email).strip().casefold()
    return f"_g{hashlib.sha256(normal.encode()).hexdigest()[:_DIGEST]}"


def one_time_key(order_no: str) -> str:
    """Give the key of a guest who is the customer of one order only."""
    return f"_o{encode(order_no)}"


def customer(integration: str, site: str, key: str) -> str:
    """Give the id of a customer; `key` comes from one of the three functions above."""
    return _external_id(integration, site, "cust", key)


def contact(integration: str, site: str, key: str) -> str:
    """Give the id of the buyer behind a company; `key` is that of the company's customer."""
    return _external_id(integration, site, "cont", key)
