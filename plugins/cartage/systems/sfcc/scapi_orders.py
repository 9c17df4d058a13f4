"""Orders as SCAPI Orders 1.5.2 answers them, into the neutral tables.

Where SCAPI does not carry a fact of the export, its column is null:

- Totals before adjustments have a tax only; net and gross are known of adjusted totals, and they are
  the total in the site's own terms (``productTotal`` under gross taxation is gross) and its tax.
- Statuses OPEN and REPLACED do not exist; replacement numbers, notes and original numbers neither.
- ``orderPriceAdjustments`` holds adjustments of the merchandise and of the shipping in one list. They
  are told apart by what shipping lacks after its own adjustments; when that does not tell, an
  adjustment counts as the merchandise's.
- A payment has no processor, account or transaction type; its kind is read off the method's id.
- Adjustments of a shipment's totals, tax items of options and shipping, and languages of custom
  attributes are not told.
"""

from __future__ import annotations

import json
from decimal import Decimal
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from cartage.errors import Complaint, RecordError
from cartage.records.batch import Batch
from cartage.records.columns import ADDRESS_PARTS
from cartage.records.order import TABLES
from cartage.systems.sfcc.scapi_columns import (
    ADJUSTMENT,
    CERTIFICATE,
    KINDS,
    LINE_ORDER,
    PRICES,
    PRODUCT,
    SAME,
    STATUSES,
)
from cartage.systems.sfcc.xml.line_ids import LETTERS
from cartage.systems.sfcc.xml.typing import value_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cartage.systems.sfcc.xml.tables import Numbers

Json = dict[str, Any]
Row = dict[str, Any]


class OrderTables:
    """Gathers orders and gives them as a batch.

    Args:
        numbers: row numbers go on from here.
    """

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._rows: dict[str, list[Row]] = {name: [] for name in TABLES}

    def add(self, document: Json, site: str, position: int, version: str) -> int:
        """Add an order; it takes a row number even when it cannot be read.

        Args:
            document: as SCAPI gives it, numbers as `Decimal`.
            site: the site asked.
            position: place in what the run reads, from 0.
            version: of this copy of the order.

        Returns:
            The order's row number.

        Raises:
            RecordError: a value is missing or not of its type.
        """
        row = self._numbers.next["orders"]
        self._numbers.next["orders"] += 1
        key = f"{site}/{document.get('orderNo') or f'({position})'}"
        made = _Order(document, row, self._numbers.next).tables()
        made["orders"][0] |= {"key": key, "site": site, "position": position, "version": version}
        if not document.get("orderNo"):
            raise RecordError(key, Complaint("missing", "orders.order_no is missing", "orders.order_no"))
        typed = {name: [_typed(name, each, key) for each in rows] for name, rows in made.items()}
        for name, rows in typed.items():
            self._rows[name] += rows
            if name in ("lines", "shipments", "payments"):
                self._numbers.next[name] += len(rows)
        return row

    def batch(self) -> Batch:
        """Give what was added."""
        tables = {name: pa.Table.from_pylist(self._rows[name], schema=schema) for name, schema in TABLES.items()}
        return Batch("order", tables)


class _Order:
    """One order; its lines, shipments and payments are numbered from `first` on."""

    def __init__(self, document: Json, row: int, first: dict[str, int]) -> None:
        self._document = document
        self._row = row
        self._first = first
        self._lines: dict[str, list[Row]] = {kind: [] for kind in LINE_ORDER}
        self._line_details: list[tuple[Row, Json]] = []
        self._attributes: list[Row] = []
        self._adjustments: list[Row] = []
        self._tax_items: list[Row] = []

    def tables(self) -> dict[str, list[Row]]:
        """Give the rows of every table."""
        order = self._order()
        self._attribute_rows("order", self._document, self._row)
        self._attribute_rows("bill_address", self._document.get("billingAddress") or {}, self._row)
        lines = self._all_lines()
        for number, line in enumerate(lines, self._first["lines"]):
            line["line"] = number
        for line, document in self._line_details:
            self._about_line(line, document)
        self._totals_adjustments()
        shipments = [self._shipment(n, each) for n, each in enumerate(self._document.get("shipments") or ())]
        payments = [self._payment(n, each) for n, each in enumerate(self._document.get("paymentInstruments") or ())]
        made = {
            "orders": [order],
            "lines": [{name: each for name, each in line.items() if not name.startswith("_")} for line in lines],
            "adjustments": self._adjustments,
            "tax_items": self._tax_items,
            "shipments": shipments,
            "payments": payments,
            "attributes": self._attributes,
        }
        for rows in made.values():
            for each in rows:
                each["order"] = self._row
        return made

    def _order(self) -> Row:
        document = self._document
        customer = document.get("customerInfo") or {}
        order: Row = {name: document.get(path) for name, path in SAME.items()}
        order |= {name: _upper(document.get(path)) for name, path in STATUSES.items()}
        order |= {
            "placed_at": document.get("placeDate") or document.get("creationDate"),
            "channel_type": document.get("channelType"),
            "customer_guest": customer.get("guest"),
            "customer_no": customer.get("customerNo"),
            "customer_name": customer.get("customerName"),
            "customer_email": customer.get("email"),
            **_address("bill", document.get("billingAddress")),
            **_totals(document, document.get("taxation"), "order"),
        }
        return order

    def _all_lines(self) -> list[Row]:
        document = self._document
        shipping = list(document.get("shippingItems") or ())
        for number, product in enumerate(document.get("productItems") or (), 1):
            line = self._line("product", product, PRODUCT, None, _number(product.get("position"), number))
            for place, option in enumerate(product.get("optionItems") or (), 1):
                self._option(line, option, place)
            self._bundled(line, product)
            item = product.get("shippingItemId")
            own = next((each for each in shipping if item and each.get("itemId") == item), None)
            if own:
                shipping.remove(own)
                columns = {"tax_rate": "taxRate", "shipment_id": "shipmentId"}
                child = self._line("product_shipping", own, columns, line, "1")
                child["quantity"] = product.get("quantity")
                child["shipping_type"] = str(own.get("type") or "").replace("_", "-") or None
        for number, certificate in enumerate(document.get("giftCertificateItems") or (), 1):
            self._line("gift_certificate", certificate, CERTIFICATE, None, str(number))
        for number, each in enumerate(shipping, 1):
            columns = {"item_id": "itemId", "shipment_id": "shipmentId", "tax_rate": "taxRate"}
            self._line("shipping", each, columns, None, str(number))
        return [line for kind in LINE_ORDER for line in self._lines[kind]]

    def _option(self, line: Row, option: Json, place: int) -> None:
        columns = {"option_id": "optionId", "value_id": "optionValueId", "product_id": "productId"}
        self._line("option", option, columns, line, str(place))["shipment_id"] = line["shipment_id"]

    def _bundled(self, line: Row, product: Json) -> None:
        columns = {"product_id": "productId", "product_name": "productName", "quantity": "quantity"}
        for place, bundled in enumerate(product.get("bundledProductItems") or (), 1):
            inner = self._line("bundled", {**bundled, "itemText": None}, columns, line, str(place), priced=False)
            inner["shipment_id"] = line["shipment_id"]
            self._bundled(inner, bundled)

    def _line(
        self,
        kind: str,
        document: Json,
        columns: dict[str, str],
        around: Row | None,
        number: str,
        *,
        priced: bool = True,
    ) -> Row:
        prices = PRICES if priced else {}
        line: Row = {name: document.get(path) for name, path in {**prices, **columns}.items()}
        line["_number"] = f"{around['_number']}.{number}" if around else number
        name = line.get("product_id", line.get("item_id"))
        line["kind"] = kind
        line["line_id"] = f"{LETTERS[kind]}{line['_number']}" + (f"-{name}" if name else "")
        same = sum(each["line_id"].split("~")[0] == line["line_id"] for each in self._lines[kind])
        line["line_id"] += f"~{same + 1}" if same else ""
        line["_around"] = around
        self._lines[kind].append(line)
        self._line_details.append((line, document))
        return line

    def _about_line(self, line: Row, document: Json) -> None:
        """Add what hangs on a line, once its number is known."""
        line["parent"] = line["_around"]["line"] if line["_around"] else None
        self._attribute_rows("line", document, line["line"])
        for each in document.get("priceAdjustments") or ():
            self._adjustment(each, "line", None, line["line"])
            self._attribute_rows("adjustment", each, line["line"])
        for each in document.get("taxItems") or ():
            item = {
                "line": line["line"],
                "tax_id": each.get("id"),
                "rate": each.get("rate"),
                "amount": each.get("value"),
            }
            self._tax_items.append(item)

    def _totals_adjustments(self) -> None:
        adjustments = self._document.get("orderPriceAdjustments") or ()
        shipping = _of_shipping(self._document, adjustments)
        for each in adjustments:
            scope, total = ("shipping", "shipping_total") if id(each) in shipping else ("order", "merchandize_total")
            self._adjustment(each, scope, total, None)
            self._attribute_rows("adjustment", each, self._row)

    def _adjustment(self, document: Json, scope: str, total: str | None, line: int | None) -> None:
        discount = document.get("appliedDiscount") or {}
        test = document.get("abTestSegment") or {}
        value = next((discount[name] for name in ("amount", "percentage", "priceBookId") if name in discount), None)
        row: Row = {name: document.get(path) for name, path in {**PRICES, **ADJUSTMENT}.items()}
        row |= {"scope": scope, "total": total, "line": line, "abtest_id": test.get("testId")}
        row |= {"abtest_segment_id": test.get("segmentId"), "discount_value": value}
        kind = discount.get("type")
        row["discount_kind"] = str(kind).replace("_", "-") if kind else None
        self._adjustments.append(row)

    def _shipment(self, ordinal: int, document: Json) -> Row:
        number = self._first["shipments"] + ordinal
        self._attribute_rows("shipment", document, number)
        self._attribute_rows("ship_address", document.get("shippingAddress") or {}, number)
        return {
            "shipment": number,
            "shipment_id": document.get("shipmentId"),
            "status": _upper(document.get("shippingStatus")),
            "shipping_method": (document.get("shippingMethod") or {}).get("id"),
            "tracking_number": document.get("trackingNumber"),
            "gift": document.get("gift"),
            "gift_message": document.get("giftMessage"),
            **_address("ship", document.get("shippingAddress")),
            **_totals(document, self._document.get("taxation"), "shipment"),
        }

    def _payment(self, ordinal: int, document: Json) -> Row:
        number = self._first["payments"] + ordinal
        card = document.get("paymentCard") or {}
        transaction = document.get("paymentTransaction") or {}
        method = document.get("paymentMethodId")
        kind = KINDS.get(str(method), "custom" if method else "none")
        self._attribute_rows("payment", transaction, number)
        self._attribute_rows("payment", document, number)
        last = str(card.get("numberLastDigits") or "")[-4:]
        return {
            "payment": number,
            "ordinal": ordinal,
            "kind": kind,
            "method": method if kind == "custom" else None,
            "amount": transaction.get("amount"),
            "transaction_id": transaction.get("transactionId"),
            "card_type": card.get("cardType"),
            "last_four": last if len(last) == 4 and last.isdigit() else None,
        }

    def _attribute_rows(self, owner: str, document: Json, row: int) -> None:
        for name, value in document.items():
            if not name.startswith("c_"):
                continue
            several = [_text(each) for each in value] if isinstance(value, list) else [_text(value)]
            self._attributes.append(
                {
                    "owner": owner,
                    "owner_row": row,
                    "name": name[2:],
                    "value": (several[0] or None) if several else None,
                    "values": json.dumps(several, ensure_ascii=False) if len(several) > 1 else None,
                }
            )


def _of_shipping(document: Json, adjustments: Sequence[Json]) -> set[int]:
    """Find which adjustments of the order lower its shipping: those that sum up to what shipping lacks."""
    after = [each.get("priceAfterItemDiscount") for each in document.get("shippingItems") or ()]
    total = document.get("shippingTotal")
    if total is None or None in after or not adjustments:
        return set()
    lacking = Decimal(total) - sum((Decimal(each) for each in after), Decimal(0))
    own = "grossPrice" if document.get("taxation") == "gross" else "netPrice"
    if lacking == 0 or len(adjustments) > 10:
        return set()
    for count in range(1, len(adjustments) + 1):
        for some in combinations(adjustments, count):
            if sum(Decimal(each.get(own) or 0) for each in some) == lacking:
                return {id(each) for each in some}
    return set()


def _totals(document: Json, taxation: str | None, last: str) -> Row:
    """Give what is known of the totals; see the module."""
    order = last == "order"
    totals: Row = {
        "merchandize_tax": document.get("merchandizeTotalTax"),
        "shipping_tax": document.get("shippingTotalTax"),
    }
    for prefix, own, tax in (
        ("adjusted_merchandize", "productTotal", "adjustedMerchandizeTotalTax"),
        ("adjusted_shipping", "shippingTotal", "adjustedShippingTotalTax"),
    ):
        totals |= _amounts(prefix, document.get(own), document.get(tax), gross=taxation == "gross")
    return totals | _amounts(
        last, document.get("orderTotal" if order else "shipmentTotal"), document.get("taxTotal"), gross=True
    )


def _amounts(prefix: str, own: Any, tax: Any, *, gross: bool) -> Row:
    if own is None or tax is None:
        return {f"{prefix}_tax": tax}
    own, tax = Decimal(own), Decimal(tax)
    return {
        f"{prefix}_net": own - tax if gross else own,
        f"{prefix}_tax": tax,
        f"{prefix}_gross": own if gross else own + tax,
    }


def _address(prefix: str, document: Json | None) -> Row:
    if not document:
        return {}
    names = {part: "postBox" if part == "postbox" else _camel(part) for part in ADDRESS_PARTS}
    return {f"{prefix}_{part}": document.get(name) for part, name in names.items()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(each.capitalize() for each in rest)


def _upper(text: Any) -> Any:
    return text.upper() if isinstance(text, str) else text


def _number(position: Any, ordinal: int) -> str:
    return format(Decimal(position).normalize(), "f") if position is not None else str(ordinal)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _typed(table: str, row: Row, key: str) -> Row:
    """Give a row the types of its table."""
    made = {}
    for field in TABLES[table]:
        value = row.get(field.name)
        if value is None or (isinstance(value, int) and pa.types.is_int64(field.type)):
            made[field.name] = value
            continue
        text = _text(value) if isinstance(value, bool) or not isinstance(value, Decimal) else str(value)
        made[field.name] = value_of(text.strip(), field.type)
        if made[field.name] is None:
            column = f"{table}.{field.name}"
            raise RecordError(key, Complaint("wrong_type", f"{column} is not of its type", column))
    return made
