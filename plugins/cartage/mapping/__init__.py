"""The mapping language: how a neutral record becomes a target's payload.

The shape of the YAML is the shape of the payload, so that a person sees the request in it::

    record: order                       # whose columns are read
    target: salesOrder                  # the target's record type
    body:
      otherRefNum: order_no             # a column
      tranDate: {from: placed_at, as: date, zone: site}
      entity: {id: {from: customer_key, lookup: customer}}      # a nested body
      toBeEmailed: {const: false}       # always the same
      memo: {attribute: {name: memo, owner: order}, max: 999, over: warn}
      billingAddress:
        addressee: {join: [bill_first_name, bill_last_name], with: " "}
        country: {id: {from: bill_country_code, transform: country}}
      item:
        items:
          each: lines                   # an entry for each child row, whose columns are read inside
          where: {kind: [product, option]}
          body:
            item: {id: {from: product_id, lookup: item}}
            quantity: {from: quantity, as: decimal}
            currency: order.currency    # a column of the record itself, from inside
            isGift: {const: true, when: {gift: true}}

A rule is a column's name, or a mapping with one of the words ``from``, ``const``, ``join``,
``attribute`` or ``each``; any other mapping is a nested body. What is done with a value happens in one
fixed order: ``if_null``, ``values``, ``transform``, ``lookup``, ``as``, ``max``, ``required``. A null is
left out of the payload, and so is a body or list that comes out empty. Everything the language can do
is in docs/mappings.md, made from `cartage.mapping.model`; what it cannot do is a tested Python
function in `cartage.mapping.transforms`, or a column that the flow's transform adds to the row.

Use::

    mapping = load_mapping("netsuite", "order", include_folder())
    mapping.check({"order": {...}, "lines": {...}}, lookups={"item", "customer", "zone"})
    to_payload = mapping.compile({"item": items.get, "customer": ..., "zone": zones.get})
    to_payload({"order_no": "00017", ..., "attributes": {"memo": "..."}, "lines": [{...}, {...}]})
"""

from cartage.mapping.compiled import Shortened
from cartage.mapping.faults import LookupMissing, MappingFault, ValueMissing, ValueRefused
from cartage.mapping.target import TargetMapping, load_mapping, only_fields, read_mapping

__all__ = [
    "LookupMissing",
    "MappingFault",
    "Shortened",
    "TargetMapping",
    "ValueMissing",
    "ValueRefused",
    "load_mapping",
    "only_fields",
    "read_mapping",
]
