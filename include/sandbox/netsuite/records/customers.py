"""Customers, their contacts, and the subsidiaries they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.netsuite.answers import user_error
from sandbox.netsuite.store import Record, moment

if TYPE_CHECKING:
    from sandbox.netsuite.account import Account

ADDRESS_COLUMNS = ("addressee", "attention", "addr1", "addr2", "addr3", "city", "state", "zip", "addrPhone")


def address_row(key: int, address: dict[str, Any]) -> dict[str, Any]:
    """Lay an address out as a row of one of SuiteQL's address tables."""
    country = (address.get("country") or {}).get("id")
    return {"nkey": key, "country": country, **{name.lower(): address.get(name) for name in ADDRESS_COLUMNS}}


class CustomerRules:
    """A person has names, a company its name; the primary currency is in the list; one default address of a kind."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Check and complete the customer."""
        body = record.body
        body.setdefault("isPerson", False)
        self._require(body)
        if old is None:
            body.setdefault("entityStatus", {"id": "13", "refName": "CUSTOMER-Closed Won"})
        elif "subsidiary" in sent and sent["subsidiary"] != old.get("subsidiary") and self._traded(account, record.id):
            raise user_error("The subsidiary of an entity with transactions cannot be changed.", path="subsidiary")
        display = body.get("companyName") or " ".join(filter(None, (body.get("firstName"), body.get("lastName"))))
        self._name(account, record, display, sent)
        self._currencies(account, body)
        self._addresses(account, body)
        record.name = f"{body['entityId']} {display}" if account.config.auto_numbering else body["entityId"]
        record.inactive = bool(body.get("isInactive", False))

    def _require(self, body: dict[str, Any]) -> None:
        wanted = (
            {"firstName": "First Name", "lastName": "Last Name"}
            if body["isPerson"]
            else {"companyName": "Company Name"}
        )
        missing = [label for name, label in wanted.items() if not body.get(name)]
        if "subsidiary" not in body:
            missing.append("Primary Subsidiary")
        if missing:
            raise user_error(f"Please enter value(s) for: {', '.join(missing)}")

    def _name(self, account: Account, record: Record, display: str, sent: dict[str, Any]) -> None:
        body = record.body
        if account.config.auto_numbering:
            if "entityId" not in sent and "entityId" not in body:
                body["entityId"] = f"CUST{account.store.next('entityid')}"
        elif "entityId" not in body:
            body["entityId"] = display
        taken = account.store.query(
            "SELECT id FROM customer WHERE entityid = ? COLLATE NOCASE AND id <> ?", body["entityId"], record.id
        )
        if taken:
            raise user_error(
                "A customer record with this ID already exists. You must enter a unique customer ID for each record you create."
            )

    def _currencies(self, account: Account, body: dict[str, Any]) -> None:
        if "currency" not in body:
            subsidiary = account.pointed("subsidiary", body["subsidiary"])
            body["currency"] = subsidiary.body["currency"] if subsidiary else {"id": "1", "refName": "EUR"}
        listed = body.setdefault("currencyList", [])
        if all(line["currency"]["id"] != body["currency"]["id"] for line in listed):
            listed.insert(0, {"currency": body["currency"]})

    def _addresses(self, account: Account, body: dict[str, Any]) -> None:
        book = body.get("addressBook", [])
        for flag in ("defaultBilling", "defaultShipping"):
            chosen = [line for line in book if line.get(flag)]
            for line in chosen[:-1]:
                line[flag] = False
        for line in book:
            if "internalId" not in line:
                line["id"] = line["internalId"] = account.store.next("address", first=9001)

    def _traded(self, account: Account, customer: int) -> bool:
        return bool(account.store.query('SELECT 1 FROM "transaction" WHERE entity = ? LIMIT 1', customer))

    def lay_out(self, account: Account, record: Record) -> None:
        """Rows of customer, its currencies, its address book and its primary subsidiary."""
        body, store = record.body, account.store
        row = {name.lower(): value for name, value in body.items() if not isinstance(value, list) and name[0] != "~"} | {
            "id": record.id, "externalid": record.external_id, "isinactive": record.inactive,
            "altname": body.get("companyName") or f"{body.get('firstName', '')} {body.get('lastName', '')}".strip(),
            "datecreated": moment(record.created), "lastmodifieddate": moment(record.modified),
        }  # fmt: skip
        store.lay("customer", record.id, [row])
        store.lay(
            "customercurrencybalance", record.id,
            [{"customer": record.id, "currency": each["currency"], "balance": 0, "depositbalance": 0} for each in body["currencyList"]],
        )  # fmt: skip
        book = body.get("addressBook", [])
        store.lay("customeraddressbook", record.id, [
            {"entity": record.id, "internalid": each["internalId"], "addressbookaddress": each["internalId"],
             "label": each.get("label"), "defaultbilling": each.get("defaultBilling", False),
             "defaultshipping": each.get("defaultShipping", False), "isresidential": each.get("isResidential", False)}
            for each in book
        ])  # fmt: skip
        for each in book:
            address = address_row(each["internalId"], each.get("addressBookAddress") or {})
            store.lay("customeraddressbookentityaddress", each["internalId"], [address])
        store.lay("customeritempricing", record.id, [
            {"customer": record.id, "item": each["item"], "currency": each.get("currency") or body["currency"],
             "level": each.get("level"), "price": each.get("price")} for each in body.get("itemPricing", [])
        ])  # fmt: skip
        store.lay("customergrouppricing", record.id, [
            {"customer": record.id, "group": each["group"], "level": each.get("level")}
            for each in body.get("groupPricing", [])
        ])  # fmt: skip
        self._primary(account, record)

    def _primary(self, account: Account, record: Record) -> None:
        """Every customer has a relationship with its primary subsidiary."""
        subsidiary, currency = record.body["subsidiary"], record.body["currency"]
        known = account.store.query(
            "SELECT id FROM customersubsidiaryrelationship WHERE entity = ? AND isprimarysub = 'T'", record.id
        )
        id_ = known[0][0] if known else account.store.next("customerSubsidiaryRelationship", first=1001)
        body = {"entity": {"id": str(record.id), "refName": record.name}, "subsidiary": subsidiary, "isPrimarySub": True,
                "primaryCurrency": currency, "name": subsidiary["refName"]}  # fmt: skip
        made = Record("customerSubsidiaryRelationship", id_, body, name=subsidiary["refName"])
        account.store.put(made)
        account.registry.rules[made.type].lay_out(account, made)

    def delete(self, account: Account, record: Record) -> None:
        """Refused once a transaction names it."""
        if self._traded(account, record.id):
            raise user_error("This entity cannot be deleted because it has dependent records.")
        for table in (
            "customer",
            "customercurrencybalance",
            "customeraddressbook",
            "customeritempricing",
            "customergrouppricing",
        ):
            account.store.lay(table, record.id, [])
        for (id_,) in account.store.query("SELECT id FROM customersubsidiaryrelationship WHERE entity = ?", record.id):
            account.store.query("DELETE FROM record WHERE family = 'customerSubsidiaryRelationship' AND id = ?", id_)
        account.store.query("DELETE FROM customersubsidiaryrelationship WHERE entity = ?", record.id)


class ContactRules:
    """A contact has a name and, mostly, a company."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Check and complete the contact; the name is unique within its company."""
        del old, sent
        body = record.body
        name = " ".join(filter(None, (body.get("firstName"), body.get("lastName"))))
        body.setdefault("entityId", name)
        if not body["entityId"]:
            raise user_error("Please enter value(s) for: Contact Name")
        company = account.pointed("customer", body.get("company"))
        if company is not None:
            body.setdefault("subsidiary", company.body["subsidiary"])
        if "subsidiary" not in body:
            raise user_error("Please enter value(s) for: Subsidiary", path="subsidiary")
        same = account.store.query(
            "SELECT id FROM contact WHERE entityid = ? COLLATE NOCASE AND company IS ? AND id <> ?",
            body["entityId"], company.id if company else None, record.id,
        )  # fmt: skip
        if same:
            raise user_error(
                "A contact record with this ID already exists. You must enter a unique contact ID for each record you create."
            )
        record.name = body["entityId"]
        record.inactive = bool(body.get("isInactive", False))

    def lay_out(self, account: Account, record: Record) -> None:
        """One row."""
        row = {name.lower(): value for name, value in record.body.items() if not isinstance(value, list)} | {
            "id": record.id, "externalid": record.external_id, "isinactive": record.inactive,
            "datecreated": moment(record.created), "lastmodifieddate": moment(record.modified),
        }  # fmt: skip
        account.store.lay("contact", record.id, [row])

    def delete(self, account: Account, record: Record) -> None:
        """Its row goes."""
        account.store.lay("contact", record.id, [])


class RelationshipRules:
    """A customer may belong to several subsidiaries, once to each."""

    def save(self, account: Account, record: Record, old: dict[str, Any] | None, sent: dict[str, Any]) -> None:
        """Check that both ends are there and that the pair is new."""
        del old, sent
        body = record.body
        missing = [label for name, label in (("entity", "Entity"), ("subsidiary", "Subsidiary")) if name not in body]
        if missing:
            raise user_error(f"Please enter value(s) for: {', '.join(missing)}")
        body.setdefault("isPrimarySub", False)
        same = account.store.query(
            "SELECT id FROM customersubsidiaryrelationship WHERE entity = ? AND subsidiary = ? AND id <> ?",
            body["entity"]["id"], body["subsidiary"]["id"], record.id,
        )  # fmt: skip
        if same:
            raise user_error("This entity already belongs to that subsidiary.", path="subsidiary")
        body["name"] = record.name = body["subsidiary"]["refName"]

    def lay_out(self, account: Account, record: Record) -> None:
        """One row."""
        row = {name.lower(): value for name, value in record.body.items()} | {
            "id": record.id, "externalid": record.external_id, "lastmodifieddate": moment(record.modified),
        }  # fmt: skip
        account.store.lay("customersubsidiaryrelationship", record.id, [row])

    def delete(self, account: Account, record: Record) -> None:
        """The primary one stays."""
        if record.body.get("isPrimarySub"):
            raise user_error("The primary subsidiary of an entity cannot be removed.")
        account.store.lay("customersubsidiaryrelationship", record.id, [])


def belongs(account: Account, customer: Record, subsidiary: str) -> bool:
    """Whether a customer belongs to a subsidiary."""
    if str(customer.body["subsidiary"]["id"]) == subsidiary:
        return True
    return bool(account.store.query(
        "SELECT 1 FROM customersubsidiaryrelationship WHERE entity = ? AND subsidiary = ?", customer.id, subsidiary
    ))  # fmt: skip
