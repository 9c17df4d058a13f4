"""External ids of many documents at once; the scheme is that of `cartage.systems.netsuite.external_ids`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from cartage.mapping.frames import joined
from cartage.systems.netsuite import external_ids
from cartage.systems.netsuite.bulk.vectors import flags, replaced

if TYPE_CHECKING:
    from cartage.systems.netsuite.external_ids import Kind

_STRANGE = "[^a-z0-9-]"
_MOST = 12


def encoded(texts: pa.Array) -> pa.Array:
    """Encode texts; those of small letters, digits and dashes stand for themselves."""
    strange = flags(pc.match_substring_regex(texts, _STRANGE))
    if not strange.any():
        return texts
    found = {
        each for each in set("".join(texts.filter(pa.array(strange)).to_pylist())) if external_ids.encode(each) != each
    }
    if len(found) > _MOST:
        return replaced(texts, strange, lambda row: external_ids.encode(texts[row].as_py()))
    for each in sorted(found, key=lambda character: character != "_"):  # which stands in what all others become
        texts = pc.replace_substring(texts, each, external_ids.encode(each))
    return texts


def whole(integration: str, site: str, kind: Kind, keys: pa.Array) -> pa.Array:
    """Give the ids whose last part is `keys`."""
    ids = joined([external_ids.prefix(integration, site, kind), keys], len(keys), lenient=False)
    long = flags(pc.greater(pc.binary_length(ids), external_ids.LONGEST))
    return replaced(ids, long, lambda row: external_ids.shortened(ids[row].as_py()))
