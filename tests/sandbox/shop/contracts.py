"""Salesforce's own schemas, read in place; a test that needs one is skipped where they are absent."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from lxml import etree

from sandbox.shop.order_xml import write_orders

if TYPE_CHECKING:
    from sandbox.shop.model import Order

CONTRACTS = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "sfcc"


@cache
def schema(name: str) -> etree.XMLSchema:
    path = CONTRACTS / "xsd" / name
    if not path.exists():
        pytest.skip(f"Salesforce's schema is not here: {path}")
    return etree.XMLSchema(etree.parse(str(path)))


@cache
def specification() -> dict[str, Any]:
    path = CONTRACTS / "scapi" / "orders-oas-v1-public.yaml"
    if not path.exists():
        pytest.skip(f"Salesforce's specification is not here: {path}")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return dict(yaml.load(path.read_text(), loader))


def document(*orders: Order, version: str = "26.5") -> etree._Element:
    file = io.BytesIO()
    write_orders(file, orders, version=version)
    return etree.fromstring(file.getvalue())


def assert_valid(root: etree._Element, name: str, about: object) -> None:
    checker = schema(name)
    assert checker.validate(root), f"{about}: {checker.error_log.last_error}"
