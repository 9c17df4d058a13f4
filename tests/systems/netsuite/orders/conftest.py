"""The real settings and mappings, a shop's catalogue as NetSuite knows it, and one way to transform."""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cartage.mapping import TargetMapping, canonical, load_mapping
from cartage.settings import Settings, load_settings
from cartage.systems.netsuite.transform import to_documents
from sandbox import catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from cartage.errors import Complaint
    from cartage.records.batch import Batch
    from cartage.seams import Transformed

sys.path.insert(0, str(Path(__file__).parent))  # the batches that tests write by hand stand beside them

INCLUDE = Path(__file__).resolve().parents[4] / "include"
INTEGRATION = "sfcc_netsuite"


class Catalogue:
    """What the sandbox's ERP knows: its products and special items, and what the settings name by id."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, set[str]]] = []
        items = [*(product.sku for product in catalogue.PRODUCTS), *catalogue.SPECIAL_ITEMS, "rounding"]
        ids = {
            "location": catalogue.LOCATIONS,
            "currency": catalogue.CURRENCIES,
            "subsidiary": catalogue.SUBSIDIARIES,
            "tax_code": [*catalogue.TAX_CODES, "11", "12"],
            "account": catalogue.ACCOUNTS,
        }
        self._known = {kind: {each: each for each in known} for kind, known in ids.items()} | {
            "item": {name: str(1000 + place) for place, name in enumerate(items)},
            "shipping_method": {name: id_ for name, (id_, _) in catalogue.SHIPPING_METHODS.items()},
        }

    def find(self, kind: str, values: set[str]) -> dict[str, str]:
        """Give the internal ids of what is known."""
        self.asked.append((kind, values))
        known = self._known[kind]
        return {value: known[value] for value in values if value in known}


@dataclass(frozen=True)
class Documents:
    """What came of a batch, read back as a person would."""

    transformed: Transformed
    references: Catalogue

    @property
    def all(self) -> list[dict[str, Any]]:
        """Every document, its JSON texts parsed."""
        found = []
        for row in self.transformed.documents.root.to_pylist():
            texts = {name: canonical.loads(row[name]) if row[name] else None for name in ("body", "expected", "match")}
            found.append(row | texts)
        return found

    def of(self, type_: str) -> list[dict[str, Any]]:
        """The documents of one type."""
        return [each for each in self.all if each["type"] == type_]

    @property
    def orders(self) -> list[dict[str, Any]]:
        """The bodies of all sales orders."""
        return [each["body"] for each in self.of("salesOrder")]

    @property
    def order(self) -> dict[str, Any]:
        """The body of the only sales order."""
        (body,) = self.orders
        return body

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of the only sales order."""
        return list(self.order["item"]["items"])

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """Why the only quarantined record is held back."""
        (verdict,) = self.transformed.verdicts
        return verdict.complaints

    @property
    def codes(self) -> list[str]:
        """The codes of those reasons."""
        return [each.code for each in self.complaints]


@pytest.fixture(scope="session")
def mappings() -> dict[str, TargetMapping]:
    return {name: load_mapping("netsuite", name, INCLUDE) for name in ("order", "customer", "contact", "deposit")}


@pytest.fixture(scope="session")
def inclusive(mappings: dict[str, TargetMapping], tmp_path_factory: pytest.TempPathFactory) -> dict[str, TargetMapping]:
    """The mappings of a merchant whose items' prices include tax, as docs/mappings.md says."""
    include = tmp_path_factory.mktemp("include")
    shutil.copytree(INCLUDE / "mappings", include / "mappings")
    path = include / "mappings" / "netsuite" / "order.yaml"
    text = path.read_text(encoding="utf-8")
    text, done = re.subn(r"        rate: rate\n        amount: amount .*\n", "        grossAmt: gross_amount\n", text)
    assert done == 1
    path.write_text(text, encoding="utf-8")
    return mappings | {"order": load_mapping("netsuite", "order", include)}


@pytest.fixture(scope="session")
def settings_with() -> Callable[..., Settings]:
    def give(orders: dict[str, Any] | None = None, **others: Any) -> Settings:
        overlay = {"settings": {**({"orders": orders} if orders else {}), **others}}
        return load_settings(INTEGRATION, INCLUDE, json.dumps(overlay) if overlay["settings"] else None)

    return give


@pytest.fixture(scope="session")
def documents(mappings: dict[str, TargetMapping], settings_with: Callable[..., Settings]) -> Callable[..., Documents]:
    """Transform a batch under the integration's settings, with parts of `settings.orders` changed."""

    def transform(batch: Batch, settings: Settings | None = None, **orders: Any) -> Documents:
        references = Catalogue()
        transformed = to_documents(
            batch,
            settings=settings or settings_with(orders),
            mappings=mappings,
            references=references,
            integration=INTEGRATION,
        )
        return Documents(transformed, references)

    return transform
