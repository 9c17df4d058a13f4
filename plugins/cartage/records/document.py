"""Documents: what a record becomes in a target, ready to be sent.

One order becomes a customer, a sales order or several, perhaps a contact and a deposit. Each is a
row here, with an intent and an outcome of its own in the ledger. The record is done when all are.
"""

from __future__ import annotations

from cartage.records.columns import ROW, TEXT, table

DOCUMENTS = table(
    {
        "record": (ROW, "row of the record in its run (`order` of an order)"),
        "document": (ROW, "place among the record's documents, in the order they are sent, from 0"),
        "kind": (TEXT, "kind of the record: order or customer"),
        "key": (TEXT, "the record's key"),
        "version": (TEXT, "the record's version"),
        "type": (TEXT, "the target's record type: customer, contact, salesOrder, customerDeposit"),
        "external_id": (TEXT, "stable id made from the key"),
        "action": (TEXT, "upsert, cancel or adopt"),
        "body": (TEXT, 'payload as JSON; `{"$document": external_id}` stands for another document\'s internal id'),
        "hash": (TEXT, "SHA-256 of the body in canonical form"),
        "expected": (TEXT, "totals the target must come to, as JSON of decimal strings: total, tax, shipping"),
        "match": (TEXT, "what an existing record may be matched by, as JSON, on customers"),
    }
)

TABLES = {"documents": DOCUMENTS}
ROOT = "documents"
LINK = "record"
