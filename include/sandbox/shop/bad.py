# ruff: noqa: ARG001 - every maker takes site, moment and orders, whether it needs them or not
"""Drops that something is wrong with, each by name: what a reader must survive and say clearly.

Each is a plain function that gives a drop; `BAD_DROPS` says of each what a reader should make of it.
"""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from sandbox.sfcc.export import drop_name
from sandbox.shop.delivery import DropFile
from sandbox.shop.lines_xml import NAMESPACE
from sandbox.shop.model import Order
from sandbox.shop.order_xml import write_orders
from sandbox.shop.orders import NOW, variety

Effect = Literal["drop_rejected", "drop_read", "records_quarantined"]
_GOOD = 3
_BOMB_MEGABYTES = 700


@dataclass(frozen=True)
class BadDrop:
    """A kind of bad drop.

    Attributes:
        name: stable name.
        make: gives file name and content from site, moment and sound orders.
        effect: what a reader should do: reject the whole drop, read all of it, or quarantine some records and
            read the others (a fault inside one record costs no other, although XML as such forgives none).
        good: sound orders in it that must still come through.
        bad: orders in it that must end in quarantine.
    """

    name: str
    make: Callable[[str, datetime, list[Order]], tuple[str, bytes]]
    effect: Effect
    good: int = 0
    bad: int = 0

    @property
    def summary(self) -> str:
        """What is wrong with it, in a sentence."""
        return (self.make.__doc__ or "").strip().split("\n", 1)[0]


BAD_DROPS: dict[str, BadDrop] = {}
"""Every bad drop by name."""

Make = Callable[[str, datetime, list[Order]], tuple[str, bytes]]


def _bad(effect: Effect, *, good: int = 0, bad: int = 0) -> Callable[[Make], Make]:
    def register(make: Make) -> Make:
        BAD_DROPS[make.__name__] = BadDrop(make.__name__, make, effect, good, bad)
        return make

    return register


def bad_drop(name: str, site: str = "RefArch", at: datetime = NOW, *, seed: int = 0) -> DropFile:
    """Make a bad drop.

    Args:
        name: a key of `BAD_DROPS`.
        site: site of its orders.
        at: moment in the drop's name.
        seed: another seed gives orders with other numbers.
    """
    kind = BAD_DROPS[name]
    place = list(BAD_DROPS).index(name)
    orders = [
        variety("several_lines", seed * 1000 + place, site=site, number=f"BAD{place:02d}-{seed:03d}-{index}", now=at)
        for index in range(_GOOD)
    ]
    file_name, content = kind.make(site, at, orders)
    return DropFile(file_name, content, orders=tuple(orders))


def _document(orders: list[Order], version: str = "26.5") -> bytes:
    file = io.BytesIO()
    write_orders(file, orders, version=version)
    return file.getvalue()


def _at(content: bytes, mark: bytes, nth: int) -> int:
    """Give the place of the nth mark, from 1."""
    place = -1
    for _ in range(nth):
        place = content.index(mark, place + 1)
    return place


# Cut off, or no drop of ours at all.


@_bad("records_quarantined", good=1, bad=1)
def cut_in_record(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """Cut off in the middle of the second record: the first is whole."""
    content = _document(orders)
    return drop_name(site, at), content[: _at(content, b"<shipping-lineitems>", 2)]


@_bad("records_quarantined", good=2)
def cut_after_record(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """Cut off after the second whole record: two are whole, the root never ends."""
    content = _document(orders)
    return drop_name(site, at), content[: _at(content, b"</order>", 2) + len(b"</order>")]


@_bad("drop_rejected")
def foreign_root(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """Another feed of the shop under an order drop's name."""
    space = "http://www.demandware.com/xml/impex/inventory/2007-05-31"
    return drop_name(site, at), f'<?xml version="1.0"?><inventory xmlns="{space}"/>'.encode()


@_bad("drop_rejected")
def foreign_namespace(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """The right names in a namespace of someone else's."""
    return drop_name(site, at), _document(orders).replace(NAMESPACE.encode(), b"urn:example:orders")


@_bad("drop_rejected")
def no_namespace(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """The right names in no namespace."""
    return drop_name(site, at), _document(orders).replace(f' xmlns="{NAMESPACE}"'.encode(), b"")


@_bad("drop_rejected")
def empty_file(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """No byte at all."""
    return drop_name(site, at), b""


@_bad("drop_rejected")
def not_xml(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """Text that is no XML."""
    return drop_name(site, at), b"order-no;total\n00001;12.00\n"


@_bad("records_quarantined", bad=1)
def truncated_gzip(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """A gzip file that ends too soon, in the middle of the first record."""
    content = gzip.compress(_document(orders), mtime=0)
    return drop_name(site, at, compressed=True), content[: len(content) // 4]


@_bad("drop_rejected")
def not_gzip(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """Plain XML under a name that ends in .gz."""
    return drop_name(site, at, compressed=True), _document(orders)


@_bad("drop_rejected")
def gzip_bomb(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """A small gzip file that unpacks to 700 MB of spaces inside the root."""
    head, tail = _document(orders[:1]).split(b"</orders>")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts = [packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)]
    # After a full flush a deflate stream depends on nothing before it, so one packed megabyte stands for all of them.
    spaces = b" " * (1 << 20)
    parts += [packer.compress(spaces) + packer.flush(zlib.Z_FULL_FLUSH)] * _BOMB_MEGABYTES
    parts.append(packer.compress(b"</orders>" + tail) + packer.flush())
    checksum = zlib.crc32(head)
    for _ in range(_BOMB_MEGABYTES):
        checksum = zlib.crc32(spaces, checksum)
    checksum = zlib.crc32(b"</orders>" + tail, checksum)
    size = len(head) + len(spaces) * _BOMB_MEGABYTES + len(b"</orders>" + tail)
    gzip_head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    trailer = struct.pack("<LL", checksum, size & 0xFFFFFFFF)
    return drop_name(site, at, compressed=True), gzip_head + b"".join(parts) + trailer


# Encodings.


@_bad("records_quarantined", good=2, bad=1)
def wrong_encoding(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """Latin-1 bytes in one record of a file that says it is UTF-8."""
    orders[1].customer.name = "Müller"
    content = _document(orders)
    return drop_name(site, at), content.replace("Müller".encode(), "Müller".encode("latin-1"))


@_bad("drop_read", good=3)
def honest_latin_1(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """ISO-8859-1, and the declaration says so."""
    return drop_name(site, at), _encoded(orders, "ISO-8859-1")


@_bad("drop_read", good=3)
def honest_utf_16(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """UTF-16 with a byte order mark, and the declaration says so."""
    return drop_name(site, at), _encoded(orders, "UTF-16")


@_bad("drop_read", good=3)
def byte_order_mark(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """UTF-8 with a byte order mark."""
    return drop_name(site, at), b"\xef\xbb\xbf" + _document(orders)


def _encoded(orders: list[Order], encoding: str) -> bytes:
    text = _document(orders).decode().replace('encoding="UTF-8"', f'encoding="{encoding}"')
    return text.encode(encoding, "xmlcharrefreplace")


# Document types and entities, which the platform itself rejects.


def _with_doctype(orders: list[Order], doctype: str, name: str) -> bytes:
    orders[1].customer.name = "MARK"
    text = _document(orders).decode().replace("MARK", name)
    head, body = text.split("\n", 1)
    return f"{head}\n{doctype}\n{body}".encode()


@_bad("drop_rejected")
def doctype(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """A harmless DOCTYPE."""
    return drop_name(site, at), _with_doctype(orders, "<!DOCTYPE orders>", "Harmless")


@_bad("drop_rejected")
def entity_bomb(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """Entities of entities, ten to the power of ten letters."""
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 11))
    return drop_name(site, at), _with_doctype(orders, f'<!DOCTYPE orders [<!ENTITY e0 "x">{levels}]>', "&e10;")


@_bad("drop_rejected")
def external_entity(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """An entity that wants a file of the reader's machine."""
    entity = '<!DOCTYPE orders [<!ENTITY secret SYSTEM "file:///etc/hostname">]>'
    return drop_name(site, at), _with_doctype(orders, entity, "&secret;")


@_bad("records_quarantined", good=2, bad=1)
def undeclared_entity(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """An entity of HTML that XML does not know."""
    orders[1].customer.name = "MARK"
    return drop_name(site, at), _document(orders).replace(b"MARK", b"caf&eacute;")


# Records.


def _spoilt(orders: list[Order], spoil: Callable[[bytes], bytes]) -> bytes:
    """Spoil the second of three records."""
    content = _document(orders)
    start, end = _at(content, b"<order ", 2), _at(content, b"</order>", 2)
    return content[:start] + spoil(content[start:end]) + content[end:]


def _without(record: bytes, name: str) -> bytes:
    start = record.index(f"<{name}>".encode())
    end = record.rindex(f"</{name}>".encode()) + len(name) + 3
    return record[:start] + record[end:]


@_bad("drop_read", good=3)
def same_order_twice(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """The same order twice in a file, as an optimistic lock leaves it."""
    return drop_name(site, at), _document([*orders, orders[0]])


@_bad("records_quarantined", good=2, bad=1)
def no_currency(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order without a currency."""
    return drop_name(site, at), _spoilt(orders, lambda record: _without(record, "currency"))


@_bad("records_quarantined", good=2, bad=1)
def no_lines(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order without any line, whose totals say otherwise."""
    return drop_name(site, at), _spoilt(orders, lambda record: _without(record, "product-lineitems"))


@_bad("records_quarantined", good=2, bad=1)
def no_totals(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order without totals of its own; its shipments have theirs."""

    def spoil(record: bytes) -> bytes:
        start, end = record.rindex(b"<totals>"), record.rindex(b"</totals>") + len(b"</totals>")
        return record[:start] + record[end:]

    return drop_name(site, at), _spoilt(orders, spoil)


@_bad("records_quarantined", good=2, bad=1)
def unknown_sku(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order of a product that NetSuite does not know."""
    orders[1].lines[0].sku = "NO-SUCH-SKU"
    return drop_name(site, at), _document(orders)


@_bad("records_quarantined", good=2, bad=1)
def unknown_shipping_method(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order by a shipping method that the settings do not map."""
    orders[1].shipments[0].method = "DRONE"
    return drop_name(site, at), _document(orders)


@_bad("records_quarantined", good=2, bad=1)
def unknown_currency(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order in a currency that the site's settings do not map."""
    orders[1].currency = "CHF"
    return drop_name(site, at), _document(orders)


@_bad("records_quarantined", good=2, bad=1)
def unknown_store(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order to be picked up in a store that no location stands for."""
    odd = variety("pickup", site=site, number=orders[1].order_no, now=at)
    odd.shipments[0].attributes = [replace(odd.shipments[0].attributes[0], values=("store-atlantis",))]
    orders[1] = odd
    return drop_name(site, at), _document(orders)


@_bad("records_quarantined", good=2, bad=1)
def amounts_differ(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order whose lines do not add up to its total."""
    orders[1].totals.total.gross += Decimal("1.00")
    return drop_name(site, at), _document(orders)


@_bad("records_quarantined", good=2, bad=1)
def repeated_element(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order with two currencies, where the schema allows one."""

    def spoil(record: bytes) -> bytes:
        start = record.index(b"<currency>")
        return record[:start] + b"<currency>USD</currency>" + record[start:]

    return drop_name(site, at), _spoilt(orders, spoil)


@_bad("records_quarantined", good=2, bad=1)
def amount_is_no_number(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order with a word where an amount belongs."""
    return drop_name(site, at), _spoilt(
        orders, lambda record: record.replace(b"<gross-price>", b"<gross-price>twelve", 1)
    )


@_bad("records_quarantined", good=2, bad=1)
def date_is_no_date(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order with a date that no calendar has."""

    def spoil(record: bytes) -> bytes:
        start = record.index(b"<order-date>") + len(b"<order-date>")
        return record[:start] + b"2026-13-45T25:00:00.000Z" + record[start + 24 :]

    return drop_name(site, at), _spoilt(orders, spoil)


@_bad("records_quarantined", good=2, bad=1)
def empty_order(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """One order with nothing but its number."""
    orders[1].bare = True
    return drop_name(site, at), _document(orders)


# Names.


@_bad("drop_rejected")
def no_site_in_name(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """A sound drop whose name says no site: nobody knows whose orders these are."""
    return f"orders_{at.astimezone(UTC):%Y%m%dT%H%M%S}.xml", _document(orders)


@_bad("drop_rejected")
def unknown_site(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """A sound drop of a site that the settings do not know."""
    return drop_name("Atlantis", at), _document(orders)


@_bad("drop_rejected")
def climbing_name(site: str, at: datetime, orders: list[Order]) -> tuple[str, bytes]:
    """A name that looks like a path out of the folder (a file system takes the backslashes, some readers too)."""
    return f"..\\..\\{drop_name(site, at)}", _document(orders)
