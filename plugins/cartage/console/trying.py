"""Trying a change on a real record: what becomes of it by the texts in force, and by the changed one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cartage import yamlfile
from cartage.console import trying_rules
from cartage.console.editing import rows_of
from cartage.console.masking import personal_values
from cartage.console.samples import OF_FEED, read_again, recent
from cartage.console.trials import compared
from cartage.console.written import all_texts, in_force, is_source, laid_out, system_module
from cartage.context import FlowContext
from cartage.errors import BatchError
from cartage.integrations import load_deploy
from cartage.records.batch import FEEDS
from cartage.records.wire import to_json
from cartage.settings import load_settings

if TYPE_CHECKING:
    from cartage.console.samples import Place
    from cartage.console.trials import Tried, Wish
    from cartage.console.written import Text
    from cartage.integrations import Integration
    from cartage.ledger import Ledger
    from cartage.tried import Tried as Made

RECORDS = ("order", "customer", "shipment", "location")
"""Kinds of records that settings are tried on; feeds take the whole of a run to work out."""

TO_ERP = ("order", "customer")

ALSO = {"customer": ("customer", "order")}
"""Kinds of records that a mapping is tried on, the likeliest first: an order brings its customer along."""


def try_it(wish: Wish, ledger: Ledger) -> Tried:
    """Make twice of a recent record what its flow makes of it, and compare.

    The systems are only asked for references, nothing is sent, and nothing is noted.

    Raises:
        CartageError: no record is there to be tried on, or nothing can be made of it.
    """
    names = dict.fromkeys(each.integration.name for each in wish.text.flows)
    joined = [next(each.integration for each in wish.text.flows if each.integration.name == name) for name in names]
    if wish.text.kind == "expectations":
        return trying_rules.try_expectations(wish, joined, ledger)
    if wish.text.kind == "mapping" and is_source(wish.body):
        return trying_rules.try_reading(wish, joined, ledger)
    data = yamlfile.parse(wish.body, "text").data
    kinds = (wish.record,) if wish.text.kind == "settings" else _kinds(str(data.get("record", "")))
    if not set(kinds) <= {*RECORDS, *FEEDS.values()}:
        raise BatchError(
            f"Settings cannot be tried on a {wish.record}: what a feed says of one takes all that a run knows. Make a dry "
            "run of its flow."
        )
    return _documents(wish, *recent(ledger, joined, kinds, wish.number), ledger)


def _kinds(record: str) -> tuple[str, ...]:
    return ALSO.get(record, (record,))


def _documents(wish: Wish, integration: Integration, place: Place, ledger: Ledger) -> Tried:
    batch = read_again(place, ledger)
    now = _texts(ledger, integration.name)
    before = _made(integration, place, batch, now)
    after = _made(integration, place, batch, {**now, wish.text: wish.body})
    if not wish.unmasked:
        known = personal_values(*rows_of(to_json(batch, batch.root.column(0)[0].as_py())))
        before, after = system_module(_target(integration, place), "trying").masked([before, after], known)
    return compared(integration, place, before, after)


def _texts(ledger: Ledger, integration: str) -> dict[Text, str]:
    """Give the newest revision of every text, as a run would pin them; `Text` is its own key."""
    found = {}
    for each in all_texts():
        body, revision = in_force(each, ledger)
        if revision and (each.kind != "settings" or each.name == integration):
            found[each] = body
    return found


def _made(integration: Integration, place: Place, batch: Any, texts: dict[Text, str]) -> Made:
    """Make of a record what its flow sends of it, by these texts."""
    overlay = next((body for each, body in texts.items() if each.kind == "settings"), None)
    with laid_out({each.path: body for each, body in texts.items() if each.kind != "settings"}) as folder:
        joined = load_deploy(integration.name, folder)
        context = FlowContext(
            integration=joined, flow=place.flow, record=OF_FEED.get(place.record, place.record),
            settings=load_settings(joined.name, folder, overlay), include=folder,
            staging=place.staging or place.no_staging(folder),
        )  # fmt: skip
        made: Made = system_module(_target(integration, place), "trying").tried(context, batch)
    return made


def _target(integration: Integration, place: Place) -> str:
    return integration.erp.system if place.record in TO_ERP else integration.storefront.system
