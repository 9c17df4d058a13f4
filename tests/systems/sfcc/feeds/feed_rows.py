"""Rows of feeds, made by hand or by hypothesis, and the slow writer that the fast one is held against."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import strategies as st
from lxml import etree

from cartage.mapping.canonical import number
from cartage.records import inventory_feed, price_feed
from cartage.records.batch import Batch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.mapping import TargetMapping
    from cartage.systems.sfcc.feeds.forms import Form
    from cartage.systems.sfcc.feeds.headers import Headers

Row = dict[str, Any]

INCLUDE = Path(__file__).resolve().parents[4] / "include"
SCHEMAS = INCLUDE.parents[1] / "shared" / "contracts" / "sfcc" / "xsd"
AT = datetime(2026, 11, 22, 0, 15, 0, 123456, tzinfo=UTC)


def schema(name: str) -> etree.XMLSchema:
    if not SCHEMAS.exists():
        pytest.skip(f"Salesforce's schemas are not at {SCHEMAS}")
    return etree.XMLSchema(etree.parse(SCHEMAS / name))


def stock_row(record: int, **values: Any) -> Row:
    row = {
        "record": record, "version": "v", "group": "RefArch-inventory", "sku": f"SKU-{record:05d}",
        "allocation": Decimal(record), "as_of": AT, "perpetual": False, "handling": "none", "backorder": None,
        "in_stock_at": None, "explained": None, "hash": f"h{record}", "value": str(record), "before": None,
    } | values  # fmt: skip
    return {"key": f"{row['group']}/{row['sku']}"} | row


def price_row(record: int, **values: Any) -> Row:
    row = {
        "record": record, "version": "v", "group": "eur-list", "sku": f"SKU-{record:05d}", "action": "put",
        "currency": "EUR", "as_of": AT, "online_from": None, "online_to": None, "hash": f"h{record}", "value": "1",
        "before": None, "tiers": ((Decimal(1), Decimal("19.90")),),
    } | values  # fmt: skip
    return {"key": f"{row['group']}/{row['sku']}"} | row


def batch(rows: Sequence[Row]) -> Batch:
    """Make a batch of rows of either kind."""
    if not rows or "allocation" in rows[0]:
        return Batch("inventory_feed", {"rows": pa.Table.from_pylist(list(rows), schema=inventory_feed.ROWS)})
    tiers = [{"record": row["record"], "quantity": q, "amount": a} for row in rows for q, a in row["tiers"]]
    own = [{name: value for name, value in row.items() if name != "tiers"} for row in rows]
    return Batch(
        "price_feed",
        {
            "rows": pa.Table.from_pylist(own, schema=price_feed.ROWS),
            "tiers": pa.Table.from_pylist(tiers, schema=price_feed.TIERS),
        },
    )


TEXTS = st.text(
    st.one_of(st.sampled_from("&<>\"' \t\n\r\x00\x1f\x7fA1ß€/"), st.characters(exclude_categories=["Cs"])),
    min_size=1, max_size=12,
)  # fmt: skip
QUANTITIES = st.decimals(0, 10**9, places=6)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given below
STOCK = st.fixed_dictionaries(
    {
        "group": st.sampled_from(["RefArch-inventory", 'store & "berlin"', "Ωmega-\U0001f3ec"]), "sku": TEXTS,
        "allocation": st.none() | QUANTITIES, "as_of": MOMENTS, "perpetual": st.none() | st.booleans(),
        "handling": st.none() | st.sampled_from(["none", "preorder", "backorder"]), "backorder": st.none() | QUANTITIES,
        "in_stock_at": st.none() | MOMENTS,
    }
)  # fmt: skip
TIERS = st.lists(
    st.tuples(st.decimals(1, 10**6, places=6), st.decimals(0, 10**9, places=6)),
    max_size=3,
    unique_by=lambda each: each[0],
)
PRICES = st.fixed_dictionaries(
    {
        "group": st.sampled_from(["eur-list", "<sale>"]), "sku": TEXTS, "action": st.sampled_from(["put", "replace", "delete"]),
        "online_from": st.none() | MOMENTS, "online_to": st.none() | MOMENTS, "tiers": TIERS,
    }
)  # fmt: skip


def written_slowly(
    rows: Sequence[Row], form: Form, mapping: TargetMapping, headers: Headers, *, deletion: str = "delete-all"
) -> bytes:
    """Write a feed element by element, as anybody would read the schema. The rows must be sound."""
    out = io.BytesIO()
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
    payload = mapping.compile({})
    with etree.xmlfile(out, encoding="UTF-8") as xml, xml.element(form.root, nsmap={None: form.namespace}):
        xml.write("\n")
        for group in sorted({row["group"] for row in rows}):
            with xml.element(form.group):
                xml.write("\n")
                own = sorted((row for row in rows if row["group"] == group), key=lambda row: row["sku"])
                xml.write(etree.fromstring(headers.of(group, own[0].get("currency"))))
                xml.write("\n")
                with xml.element(form.items):
                    xml.write("\n")
                    for row in own:
                        if row.get("action") == "delete":
                            xml.write(etree.Element(form.item, {"product-id": row["sku"], "mode": deletion}))
                        else:
                            if row.get("action") == "replace":
                                xml.write(etree.Element(form.item, {"product-id": row["sku"], "mode": "delete-all"}))
                                xml.write("\n")
                            _write_item(xml, form, payload(_typed(row)))
                        xml.write("\n")
                xml.write("\n")
            xml.write("\n")
    out.write(b"\n")
    return out.getvalue()


def _typed(row: Row) -> Row:
    tiers = [{"quantity": q, "amount": a} for q, a in sorted(row.get("tiers", ()))]
    return row | {"tiers": tiers}


def _write_item(xml: Any, form: Form, body: Row) -> None:
    with xml.element(
        form.item, {name[1:]: body[name] for name in form.elements if name.startswith("@") and name in body}
    ):
        for name in form.elements:
            value = body.get(name)
            if name.startswith("@") or value is None:
                continue
            if name == "custom-attributes":
                with xml.element(name):
                    for key, each in value.items():
                        with xml.element("custom-attribute", {"attribute-id": key}):
                            xml.write(_text(each))
                continue
            for each in value if isinstance(value, list) else [value]:
                inner = each if isinstance(each, dict) else {"value": each}
                with xml.element(name, {key[1:]: _text(it) for key, it in inner.items() if key.startswith("@")}):
                    xml.write(_text(inner["value"]))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return number(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


def rows_of(count: int, **values: Any) -> list[Row]:
    now = datetime.now(UTC)
    return [stock_row(number, sku=f"NL-{1000 + number}", as_of=now, **values) for number in range(count)]
