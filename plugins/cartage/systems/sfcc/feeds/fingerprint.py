"""What tells two contents of a feed row apart."""

from __future__ import annotations

import hashlib

import pyarrow as pa
import pyarrow.compute as pc

LONGEST = 64
"""Characters of a content that is its own fingerprint: as long as a SHA-256 in hex."""


def fingerprint(contents: pa.Array) -> pa.Array:
    """Give a fingerprint of each content: equal contents have equal ones, and others have others.

    Most contents are a count or a price and shorter than their hash, so they stand for themselves: nothing could tell
    them apart better, a person sees what changed, and a million of them cost nothing. Longer ones are hashed.

    Args:
        contents: canonical texts, none of them null.
    """
    long = pc.greater(pc.utf8_length(contents), LONGEST)
    if not pc.any(long).as_py():
        return contents
    hashed = [hashlib.sha256(each.encode()).hexdigest() for each in contents.filter(long).to_pylist()]
    return pc.replace_with_mask(contents, long, pa.array(hashed, pa.string()))
