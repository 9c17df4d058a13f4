"""What NetSuite would be sent of a few records, for somebody who tries a change: it is asked, and never told.

Whoever tries has no run. Where NetSuite does not answer soon, a stand-in takes the place of every internal id that
only NetSuite knows, so that the shape of the payload can be seen all the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowNotFoundException, AirflowRuntimeError

from cartage.errors import CartageError
from cartage.mapping import canonical, load_mapping
from cartage.systems.netsuite.entry import MAPPINGS
from cartage.systems.netsuite.hook import NetSuiteHook
from cartage.systems.netsuite.masking import Masker
from cartage.systems.netsuite.references import NetSuiteReferences
from cartage.systems.netsuite.transform import to_documents
from cartage.tried import Tried

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cartage.context import FlowContext
    from cartage.records.batch import Batch
    from cartage.seams import References
    from cartage.settings import Settings
    from cartage.systems.netsuite.account import Account

SECONDS = (3.0, 10.0)
"""Seconds to connect, and to wait for an answer: somebody is looking at the page."""

NAMED = ("item", "shipping_method")
"""Kinds whose records the shop calls by names of its own; of the others the settings hold internal ids already."""


def tried(flow: FlowContext, batch: Batch) -> Tried:
    """Give what NetSuite would be sent of these orders or customers, with their personal data.

    Args:
        flow: settings and mappings to do it by.
        batch: the records.

    Raises:
        SettingsError: a mapping is wrong; with file and line.
    """
    references = WillingReferences(
        NetSuiteReferences(_HastyHook(flow.integration.erp.connection, 1, patience=0), flow.settings), flow.settings
    )
    made = to_documents(
        batch,
        settings=flow.settings,
        mappings={name: load_mapping("netsuite", name, flow.include) for name in MAPPINGS[flow.record]},
        references=references,
        integration=flow.integration.name,
    )
    texts = {
        f"{row['type']} {row['external_id']}": canonical.pretty(row["body"] or "{}")
        for row in made.documents.root.to_pylist()
    }
    return Tried(texts, tuple(each for verdict in made.verdicts for each in verdict.complaints), references.stood_in)


def masked(made: Sequence[Tried], known: Collection[str]) -> list[Tried]:
    """Mask personal data, the same value by the same mask in all of them: what is equal stays equal.

    Args:
        made: what to mask.
        known: texts that are personal wherever a mapping puts them.
    """
    masker = Masker()
    masker.learn(known)
    for text in (text for each in made for text in each.texts.values()):
        masker.text(text)  # learns what to look for in the others
    return [
        Tried(
            {name: canonical.pretty(masker.text(text) or "{}") for name, text in each.texts.items()},
            tuple(replace(said, message=masker.free(said.message)) for said in each.complaints),
            each.stood_in,
        )
        for each in made
    ]


class WillingReferences:
    """Asks NetSuite until it once gives no answer, and from then on gives stand-ins; see `cartage.seams.References`.

    Args:
        real: asked first.
        settings: hold the internal ids that need no asking.

    Attributes:
        stood_in: why stand-ins were given, in words; None while there were none.
    """

    def __init__(self, real: References, settings: Settings) -> None:
        self._real = real
        self._settings = settings
        self.stood_in: str | None = None

    def find(self, kind: str, values: set[str]) -> dict[str, str]:
        """Give internal ids by value, or what stands in for them."""
        if not values:
            return {}
        if self.stood_in is None:
            try:
                return self._real.find(kind, values)
            except (CartageError, AirflowNotFoundException, AirflowRuntimeError) as error:
                self.stood_in = (
                    f"NetSuite was not asked from here ({str(error).splitlines()[0]}). So every name counts as known to "
                    "it, and <item …> stands where the item's internal id would be; a run asks, and would hold the "
                    "order back if NetSuite did not know one."
                )
        known = self._settings.orders.shipping_methods if kind == "shipping_method" else {}
        return {each: known.get(each, f"<{kind} {each}>" if kind in NAMED else each) for each in values}


class _HastyHook(NetSuiteHook):
    """Waits as long as a person does."""

    @property
    def account(self) -> Account:
        return replace(super().account, timeout=SECONDS)
