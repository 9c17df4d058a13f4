"""Trying what records are read and judged by: a source mapping on a record as it came, expectations on a record."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cartage.console.editing import as_text, readable, rows_of
from cartage.console.masking import personal_values
from cartage.console.samples import none_there, raw_records, read_again, recent
from cartage.console.trials import compared
from cartage.console.written import in_force, laid_out, system_module
from cartage.errors import BatchError, CartageError
from cartage.integrations import include_folder
from cartage.ledger.states import number_of
from cartage.mapping.source import load_source
from cartage.records.wire import to_json
from cartage.settings import load_settings
from cartage.tried import Tried as Made

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.console.samples import Raw
    from cartage.console.trials import Tried, Wish
    from cartage.console.written import Text
    from cartage.integrations import Integration
    from cartage.ledger import Ledger
    from cartage.mapping.source import SourceMapping
    from cartage.records.batch import Batch
    from cartage.seams import Read

JUDGED = "what is found"


def try_reading(wish: Wish, integrations: Sequence[Integration], ledger: Ledger) -> Tried:
    """Read a record of a drop twice, by the source mapping in force and by the changed one.

    Raises:
        CartageError: no drop with such a record is there.
    """
    system = wish.text.name.partition("/")[0]
    now = _source(wish.text, in_force(wish.text, ledger)[0])
    changed = _source(wish.text, wish.body)
    for integration in (each for each in integrations if each.storefront.system == system):
        limit = _max_megabytes(integration, now.record, ledger)
        for place, raw in raw_records(ledger, integration, now, wish.number, limit):
            known = None if wish.unmasked else _personal(system, raw, now) - {number_of(place.key)}
            return compared(integration, place, _read(system, raw, now, known), _read(system, raw, changed, known))
    raise BatchError(
        f"{none_there(now.record, wish.number)} This mapping reads drops, so it is tried on the landing archive: a record "
        "that came by REST, or whose drop is there no more, cannot be tried."
    )


def try_expectations(wish: Wish, integrations: Sequence[Integration], ledger: Ledger) -> Tried:
    """Judge a record twice, by the expectations in force and by the changed ones.

    Raises:
        CartageError: no such record is there.
    """
    integration, place = recent(ledger, integrations, (wish.text.name,), wish.number)
    batch = read_again(place, ledger)
    before = _judged(wish.text, in_force(wish.text, ledger)[0], batch)
    return compared(integration, place, before, _judged(wish.text, wish.body, batch))


def _source(text: Text, body: str) -> SourceMapping:
    system, _, name = text.name.partition("/")
    with laid_out({text.path: body}, only=text.path) as folder:
        return load_source(system, name, folder)


def _max_megabytes(integration: Integration, record: str, ledger: Ledger) -> int:
    latest = ledger.revisions.latest("settings", integration.name)
    settings = load_settings(integration.name, include_folder(), latest.body if latest else None)
    return (settings.customers if record == "customer" else settings.orders).drops.max_megabytes


def _read(system: str, raw: Raw, mapping: SourceMapping, known: frozenset[str] | None) -> Made:
    """Give the neutral record that a mapping reads, and why there is none; None for `known` masks nothing."""
    try:
        read = _read_again(system, raw, mapping)
    except CartageError as error:
        return Made({mapping.record: str(error)})
    complaints = tuple(each for verdict in read.verdicts for each in verdict.complaints)
    if not len(read.batch):
        return Made({}, complaints)
    shown = readable(_as_json(read.batch), unmasked=known is None, known=known or ())
    return Made({mapping.record: as_text(*shown)}, complaints)


def _read_again(system: str, raw: Raw, mapping: SourceMapping) -> Read:
    trying = system_module(system, "trying")
    read: Read = trying.read_again(raw.content, mapping, site=raw.site, drop=raw.drop, at=raw.at)
    return read


def _as_json(batch: Batch) -> bytes:
    return to_json(batch, batch.root.column(0)[0].as_py())


def _personal(system: str, raw: Raw, mapping: SourceMapping) -> frozenset[str]:
    """Give what is personal of a record by the mapping in force; of one that it cannot read, all texts count as such."""
    with suppress(CartageError):
        read = _read_again(system, raw, mapping)
        if len(read.batch):
            return personal_values(*rows_of(_as_json(read.batch)))
    texts: frozenset[str] = system_module(system, "trying").texts_of(raw.content)
    return texts


def _judged(text: Text, body: str, batch: Batch) -> Made:
    """Give what expectations find in a record, a line a finding, and what would hold it back."""
    from cartage.quality import check, load_suite  # Great Expectations takes seconds to import

    with laid_out({text.path: body}, only=text.path) as folder:
        checked = check(batch, load_suite(text.name, folder))
    failed = tuple(each for failure in checked.failures for each in failure.complaints)
    noted = [each for one in checked.warnings for each in one.complaints]
    lines = [f"holds it back: {each.code}: {each.message}" for each in failed]
    lines += [f"noted with it: {each.code}: {each.message}" for each in noted]
    counted = [each for each in checked.results if each.rule.severity == "info" and each.failing_rows]
    lines += [f"only counted: {each.rule.name}: {each.failing_rows} of {each.evaluated} rows" for each in counted]
    return Made({JUDGED: "\n".join(lines) or "Every expectation is met."}, failed)
