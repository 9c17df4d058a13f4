"""Writes very large exports quickly: a few hundred orders are rendered, their numbers are put in textually."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from lxml import etree

from sandbox.shop.files import opened
from sandbox.shop.lines_xml import NAMESPACE
from sandbox.shop.model import VERSIONS
from sandbox.shop.order_xml import order_element
from sandbox.shop.orders import NOW, make, random_order

if TYPE_CHECKING:
    from pathlib import Path

_TOKEN = "TKN0000TKN"  # noqa: S105 - a place holder, as long as the numbers that replace it
_PATTERNS = 300
_MIXED_SHARE = 0.5


def write_bulk(
    path: Path,
    count: int,
    *,
    site: str = "RefArch",
    seed: int = 0,
    first: int = 1,
    version: str = VERSIONS[-1],
    gzip: bool = False,
) -> int:
    """Write an export of many orders, each with a number and an e-mail of its own.

    Args:
        path: file to write.
        count: how many orders; 50,000 make about 200 MB.
        site: site of the orders.
        seed: another seed gives other orders.
        first: number of the first order; numbers count up in ten digits.
        version: value of ``orders/@version``.
        gzip: whether to compress.

    Returns:
        Bytes of XML, before compression.
    """
    patterns = _patterns(site, seed, version)
    size = 0
    with opened(path, gzip=gzip, level=1) as file:
        head = f'<?xml version="1.0" encoding="UTF-8"?>\n<orders xmlns="{NAMESPACE}" version="{version}">\n'.encode()
        size += file.write(head)
        for number in range(first, first + count):
            pieces = patterns[number % len(patterns)]
            size += file.write(f"{number:010d}".encode().join(pieces))
        size += file.write(b"</orders>\n")
    return size


def _patterns(site: str, seed: int, version: str) -> list[list[bytes]]:
    """Render orders, half of them plain and half mixed, and cut each where its number stands."""
    rng = Random(f"bulk/{site}/{seed}")  # noqa: S311 - repeatable on purpose
    found = []
    for _ in range(_PATTERNS):
        if rng.random() < _MIXED_SHARE:
            order = random_order(rng, site=site, number=_TOKEN, now=NOW)
        else:
            order = make([], rng, site=site, number=_TOKEN, now=NOW)
        node = order_element(order, version)
        text = etree.tostring(node, encoding="utf-8").replace(f' xmlns="{NAMESPACE}"'.encode(), b"", 1) + b"\n"
        found.append(text.replace(_TOKEN.lower().encode(), _TOKEN.encode()).split(_TOKEN.encode()))
    return found
