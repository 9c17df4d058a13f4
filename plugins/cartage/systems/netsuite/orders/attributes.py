"""Custom attributes: to fields of their own where the settings say so, all others as JSON."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cartage.mapping import canonical
from cartage.mapping.model import Attribute, AttributeName, Body, Each

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cartage.mapping import TargetMapping
    from cartage.settings.orders import Attributes
    from cartage.systems.netsuite.orders.rows import Row


def with_fields(mapping: TargetMapping, fields: Attributes) -> TargetMapping:
    """Add to the order's mapping a rule for each custom attribute that the settings give a field.

    The lines' rules go wherever the mapping writes `lines`. What the mapping says of a field itself is kept.
    """
    if not fields.order and not fields.line:
        return mapping
    own = {field: _rule(name, "order") for name, field in fields.order.items()}
    of_lines = {field: _rule(name, None) for name, field in fields.line.items()}
    body = _into_lines(mapping.file.body, of_lines)
    merged = Body({**own, **body.root})
    return replace(mapping, file=mapping.file.model_copy(update={"body": merged}))


def _rule(name: str, owner: str | None) -> Attribute:
    return Attribute(attribute=AttributeName(name=name, owner=owner))


def _into_lines(body: Body, rules: dict[str, Attribute]) -> Body:
    found: dict[str, Any] = {}
    for name, rule in body.root.items():
        if isinstance(rule, Body):
            found[name] = _into_lines(rule, rules)
        elif isinstance(rule, Each) and rule.each == "lines":
            found[name] = rule.model_copy(update={"body": Body({**rules, **rule.body.root})})
        else:
            found[name] = rule
    return Body(found)


def values(attributes: Iterable[Row]) -> dict[str, str]:
    """Give attributes by name; several values as a JSON array, and of several languages the one without a name."""
    found: dict[str, str] = {}
    for each in attributes:
        value = each["values"] or each["value"]
        if value is not None and (each["name"] not in found or each["locale"] in (None, "x-default")):
            found[each["name"]] = value
    return found


def of_order_as_json(of_order: Iterable[Row], of_shipment: Iterable[Row], but: Collection[str]) -> str | None:
    """Write attributes of an order and of its shipment as one JSON object, but those that have a field of their own.

    What both call by one name, and say differently, is the order's there or in its field; beside it stands
    ``shipment.name``.
    """
    own, others = values(of_order), values(of_shipment)
    clashing = {f"shipment.{name}": value for name, value in others.items() if value != own.get(name, value)}
    found = {name: value for name, value in {**others, **own}.items() if name not in but}
    return canonical.dumps({**found, **clashing}) if found or clashing else None


def as_json(attributes: Iterable[Row], but: Collection[str] = ()) -> str | None:
    """Write attributes as a JSON object, but those that have a field of their own; None when none is left."""
    found = {name: value for name, value in values(attributes).items() if name not in but}
    return canonical.dumps(found) if found else None
