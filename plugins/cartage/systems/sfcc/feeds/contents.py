"""What a feed of ours holds, read back from our copy."""

from __future__ import annotations

import gzip
from typing import IO, TYPE_CHECKING

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cartage.systems.sfcc.feeds.forms import Form


def keys_of(content: IO[bytes], form: Form, *, packed: bool) -> Iterator[str]:
    """Give the keys of a feed's records: list or book, a slash, product.

    Args:
        content: the feed's bytes.
        form: what kind of feed.
        packed: whether it is compressed.
    """
    header, item = f"{{{form.namespace}}}header", f"{{{form.namespace}}}{form.item}"
    unpacked = gzip.GzipFile(fileobj=content) if packed else content
    group = ""
    for _, element in etree.iterparse(unpacked, tag=(header, item), resolve_entities=False, no_network=True):
        if element.tag == header:
            group = element.get(form.group_id)
        else:
            yield f"{group}/{element.get('product-id')}"
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
