"""The tables that SuiteQL sees, named and shaped as in NetSuite's Records Catalog.

Column types: I integer, N number, T text, B flag ('T' or 'F'), D date, M moment (both as
``YYYY-MM-DD HH:MM:SS``; a moment in UTC, a date without a zone). NetSuite's own names: https://docs.oracle.com/en/cloud/saas/netsuite/ns-online-help/section_159367781370.html
"""

from __future__ import annotations

from functools import lru_cache

_STOCK = (
    "item:I location:I quantityavailable:N quantityonhand:N quantitycommitted:N quantityonorder:N quantitybackordered:N "
    "quantityintransit:N lastquantityavailablechange:M preferredstocklevel:N safetystocklevel:N reorderpoint:N leadtime:I"
)
_ADDRESS = (
    "nkey:I addressee:T attention:T addr1:T addr2:T addr3:T city:T state:T dropdownstate:T zip:T country:T addrphone:T "
    "addrtext:T"
)

_COLUMNS = {
    "transaction": (
        "id:I tranid:T transactionnumber:T type:T recordtype:T abbrevtype:T status:T entity:I trandate:D createddate:M "
        "lastmodifieddate:M foreigntotal:N foreignamountpaid:N foreignamountunpaid:N currency:I exchangerate:N "
        "shipdate:D duedate:D otherrefnum:T externalid:T memo:T email:T shipcarrier:T shippingaddress:I billingaddress:I "
        "shipmethod:I foreignpaymentamountunused:N posting:B void:B voided:B source:T location:I postingperiod:I account:I"
    ),
    "transactionline": (
        "uniquekey:I id:I transaction:I linesequencenumber:I item:I itemtype:T quantity:N quantityshiprecv:N "
        "quantitybilled:N quantitycommitted:N quantitybackordered:N foreignamount:N netamount:N rate:N price:I memo:T "
        "location:I subsidiary:I department:I class:I entity:I mainline:B taxline:B iscogs:B isclosed:B isfullyshipped:B "
        "createdfrom:I kitmemberof:I linelastmodifieddate:M commitinventory:I quantitypicked:N quantitypacked:N actualshipdate:D"
    ),
    "transactiontaxdetail": (
        "transaction:I transactionline:I linenumber:I taxcode:I taxtype:T taxrate:N taxbasis:N taxamount:N "
        "taxdetailsreference:T linetype:T"
    ),
    "transactionshippingaddress": (
        "nkey:I addressee:T attention:T addr1:T addr2:T addr3:T city:T state:T zip:T country:T addrphone:T"
    ),
    "transactionbillingaddress": (
        "nkey:I addressee:T attention:T addr1:T addr2:T addr3:T city:T state:T zip:T country:T addrphone:T"
    ),
    "customer": (
        "id:I entityid:T altname:T companyname:T salutation:T firstname:T middlename:T lastname:T email:T phone:T "
        "altphone:T mobilephone:T homephone:T url:T comments:T isperson:B subsidiary:I currency:I datecreated:M "
        "lastmodifieddate:M isinactive:B externalid:T parent:I entitystatus:I category:I terms:I pricelevel:I "
        "creditlimit:N language:T title:T vatregnumber:T taxable:B unsubscribe:B lastorderdate:D lastsaledate:D"
    ),
    "contact": (
        "id:I entityid:T firstname:T middlename:T lastname:T email:T phone:T mobilephone:T company:I subsidiary:I "
        "title:T isinactive:B externalid:T datecreated:M lastmodifieddate:M"
    ),
    "entity": "id:I entityid:T altname:T type:T email:T phone:T isinactive:B isperson:B externalid:T datecreated:M lastmodifieddate:M",
    "customersubsidiaryrelationship": "id:I entity:I subsidiary:I isprimarysub:B primarycurrency:I name:T externalid:T lastmodifieddate:M",
    "customercurrencybalance": "customer:I currency:I balance:N depositbalance:N overduebalance:N unbilledorders:N",
    "customeraddressbook": "entity:I internalid:I addressbookaddress:I label:T defaultbilling:B defaultshipping:B isresidential:B",
    "customeraddressbookentityaddress": (
        "nkey:I addressee:T attention:T addr1:T addr2:T addr3:T city:T state:T zip:T country:T addrphone:T"
    ),
    "item": (
        "id:I itemid:T fullname:T displayname:T description:T itemtype:T subtype:T isinactive:B isonline:B upccode:T "
        "vendorname:T manufacturer:T mpn:T weight:N cost:N averagecost:N lastpurchaseprice:N totalquantityonhand:N "
        "parent:I createddate:M lastmodifieddate:M externalid:T isfulfillable:B class:I pricinggroup:I usemarginalrates:B "
        "preferredlocation:I safetystocklevel:N preferredstocklevel:N reorderpoint:N leadtime:I"
    ),
    "kititemmember": "parentitem:I item:I quantity:N linenumber:I",
    "pricing": "internalid:I item:I pricelevel:I quantity:N saleunit:I priceqty:N unitprice:N currency:I",
    "itemprice": "item:I price:N pricelevel:I pricelevelname:T currencypage:I isinactive:B",
    "customeritempricing": "customer:I item:I currency:I level:I price:N",
    "customergrouppricing": "customer:I group:I level:I",
    "pricinggroup": "id:I name:T isinactive:B externalid:T",
    "pricelevel": "id:I name:T discountpct:N isinactive:B isonline:B externalid:T",
    "aggregateitemlocation": _STOCK,
    "inventoryitemlocations": _STOCK,
    "assemblyitemlocations": _STOCK,
    "location": (
        "id:I name:T fullname:T isinactive:B subsidiary:I parent:I makeinventoryavailable:B makeinventoryavailablestore:B "
        "locationtype:I mainaddress:I returnaddress:I latitude:N longitude:N timezone:T tranprefix:T usebins:B "
        "includechildren:B allowstorepickup:B bufferstock:N storepickupbufferstock:N externalid:T lastmodifieddate:M"
    ),
    "locationsubsidiarymap": "location:I subsidiary:I",
    "locationmainaddress": _ADDRESS,
    "locationreturnaddress": _ADDRESS,
    "classification": "id:I name:T fullname:T isinactive:B parent:I subsidiary:I externalid:T lastmodifieddate:M",
    "dual": "dummy:T",
    "subsidiary": "id:I name:T fullname:T legalname:T isinactive:B iselimination:B parent:I currency:I country:T externalid:T lastmodifieddate:M",
    "currency": "id:I name:T symbol:T exchangerate:N currencyprecision:I isbasecurrency:B isinactive:B externalid:T",
    "shipitem": "id:I itemid:T displayname:T description:T isinactive:B account:I externalid:T",
    "account": "id:I acctnumber:T accountsearchdisplayname:T fullname:T accttype:T currency:I isinactive:B externalid:T",
    "accountingperiod": "id:I periodname:T startdate:D enddate:D closed:B alllocked:B arlocked:B isposting:B isyear:B isquarter:B isadjust:B isinactive:B",
    "salestaxitem": "id:I itemid:T name:T description:T rate:N taxtype:T isinactive:B externalid:T",
    "taxtype": "id:I name:T isinactive:B",
    "paymentmethod": "id:I name:T isinactive:B externalid:T",
    "previoustransactionlinelink": (
        "previousdoc:I previousline:I previoustype:T nextdoc:I nextline:I nexttype:T linktype:T foreignamount:N lastmodifieddate:M"
    ),
    "previoustransactionlink": "previousdoc:I previoustype:T nextdoc:I nexttype:T linktype:T foreignamount:N lastmodifieddate:M",
    "nexttransactionlinelink": (
        "previousdoc:I previousline:I previoustype:T nextdoc:I nextline:I nexttype:T linktype:T foreignamount:N lastmodifieddate:M"
    ),
    "nexttransactionlink": "previousdoc:I previoustype:T nextdoc:I nexttype:T linktype:T foreignamount:N lastmodifieddate:M",
    "trackingnumbermap": "transaction:I trackingnumber:I",
    "trackingnumber": "id:I trackingnumber:T",
    "currencyrate": "id:I basecurrency:I transactioncurrency:I exchangerate:N effectivedate:D",
}  # fmt: skip

_OF_KIND = "SELECT a.* FROM aggregateitemlocation a JOIN item i ON i.id = a.item AND i.itemtype = '{}'"

VIEWS = {
    "taxitem": "SELECT * FROM salestaxitem",
    "inventoryitemlocations": _OF_KIND.format("InvtPart"),
    "assemblyitemlocations": _OF_KIND.format("Assembly"),
    "dual": "SELECT 'X' AS dummy",
    "nexttransactionlinelink": "SELECT * FROM previoustransactionlinelink",
    "nexttransactionlink": (
        "SELECT DISTINCT previousdoc, previoustype, nextdoc, nexttype, linktype, foreignamount, lastmodifieddate "
        "FROM previoustransactionlinelink"
    ),
    "previoustransactionlink": (
        "SELECT DISTINCT previousdoc, previoustype, nextdoc, nexttype, linktype, foreignamount, lastmodifieddate "
        "FROM previoustransactionlinelink"
    ),
    "entity": (
        "SELECT id, entityid, altname, 'CustJob' AS type, email, phone, isinactive, isperson, externalid, datecreated, "
        "lastmodifieddate FROM customer UNION ALL SELECT id, entityid, entityid, 'Contact', email, phone, isinactive, "
        "'T', externalid, datecreated, lastmodifieddate FROM contact"
    ),
}
"""Tables that are another's rows."""

_INDEXES = (
    "transaction(externalid)", "transaction(otherrefnum)", "transaction(entity)", "transaction(tranid)",
    "transaction(lastmodifieddate, id)", "transaction(type, id)", "transactionline(transaction, linesequencenumber)",
    "transactionline(item)", "transactiontaxdetail(transaction)", "customer(email)", "customer(LOWER(email))",
    "customer(externalid)", "customer(lastmodifieddate, id)", "contact(company)", "contact(email COLLATE NOCASE)",
    "customersubsidiaryrelationship(entity)", "customercurrencybalance(customer)", "customeraddressbook(entity)",
    "item(itemid)", "item(externalid)", "item(upccode)", "item(lastmodifieddate, id)", "kititemmember(item)",
    "kititemmember(parentitem)", "aggregateitemlocation(lastquantityavailablechange, item, location)",
    "locationsubsidiarymap(location)", "pricing(item)", "itemprice(item)", "previoustransactionlinelink(previousdoc)", "previoustransactionlinelink(nextdoc)",
    "trackingnumbermap(transaction)",
)  # fmt: skip

KEYS: dict[str, str] = {
    "transactionline": "transaction", "transactiontaxdetail": "transaction", "customersubsidiaryrelationship": "id",
    "customercurrencybalance": "customer", "customeraddressbook": "entity", "kititemmember": "parentitem",
    "pricing": "item", "itemprice": "item", "previoustransactionlinelink": "nextdoc", "trackingnumbermap": "transaction",
    "transactionshippingaddress": "nkey", "customeraddressbookentityaddress": "nkey", "transactionbillingaddress": "nkey", "customeritempricing": "customer", "customergrouppricing": "customer",
    "locationsubsidiarymap": "location", "locationmainaddress": "nkey", "locationreturnaddress": "nkey",
    "aggregateitemlocation": "item",
}  # fmt: skip
"""Table -> the column that says whose rows they are; `id` elsewhere."""

_SQL = {"I": "INTEGER", "N": "NUMERIC", "T": "TEXT", "B": "TEXT", "D": "TEXT", "M": "TEXT"}


@lru_cache(maxsize=1)
def columns() -> dict[str, dict[str, str]]:
    """Give table -> column -> type letter, custom fields left out."""
    tables = {table: dict(each.split(":") for each in text.split()) for table, text in _COLUMNS.items()}
    tables["taxitem"] = tables["salestaxitem"]
    return tables


def statements(custom: dict[str, dict[str, str]]) -> list[str]:
    """Give the DDL of all tables, views and indexes.

    Args:
        custom: table -> custom column -> type letter.
    """
    made = []
    for table, plain in columns().items():
        if table in VIEWS:
            continue
        fields = {**plain, **custom.get(table, {})}
        key = " PRIMARY KEY" if table not in KEYS and "id" in fields else ""
        text = ", ".join(f'"{name}" {_SQL[kind]}{key if name == "id" else ""}' for name, kind in fields.items())
        made.append(f'CREATE TABLE IF NOT EXISTS "{table}" ({text})')
    made.append("CREATE UNIQUE INDEX IF NOT EXISTS stock ON aggregateitemlocation(item, location)")
    for position, index in enumerate(_INDEXES):
        table, _, rest = index.partition("(")
        made.append(f'CREATE INDEX IF NOT EXISTS by_{table}_{position} ON "{table}"({_quoted(rest)}')
    for name, text in VIEWS.items():
        made += [f'DROP VIEW IF EXISTS "{name}"', f'CREATE VIEW "{name}" AS {text}']
    return made


def _quoted(rest: str) -> str:
    return rest.replace("transaction", '"transaction"')
