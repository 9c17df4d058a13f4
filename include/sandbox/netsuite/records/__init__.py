"""The rules of each record type, and the registry of them all."""

from __future__ import annotations

from sandbox.netsuite.records.customers import ContactRules, CustomerRules, RelationshipRules
from sandbox.netsuite.records.deposits import DepositRules
from sandbox.netsuite.records.fulfilments import FulfilmentRules
from sandbox.netsuite.records.items import ItemRules
from sandbox.netsuite.records.lists import ListRules, LocationRules
from sandbox.netsuite.records.sales import SaleRules
from sandbox.netsuite.registry import Registry
from sandbox.netsuite.store import ITEM_TYPES


def all_rules() -> Registry:
    """Give every record type with its rules."""
    registry = Registry()
    registry.add(CustomerRules(), "customer")
    registry.add(ContactRules(), "contact")
    registry.add(RelationshipRules(), "customerSubsidiaryRelationship")
    registry.add(ItemRules(), *ITEM_TYPES)
    registry.add(SaleRules(), "salesOrder", "invoice", "cashSale", "returnAuthorization")
    registry.add(DepositRules(), "customerDeposit")
    registry.add(FulfilmentRules(), "itemFulfillment")
    registry.add(LocationRules(), "location")
    registry.add(
        ListRules(), "subsidiary", "currency", "shipItem", "priceLevel", "account", "paymentMethod", "salesTaxItem",
        "accountingPeriod", "classification", "pricingGroup",
    )  # fmt: skip
    return registry
