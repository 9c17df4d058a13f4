SELECT t.id, t.tranid, t.externalid, t.entity, t.otherrefnum, t.currency, t.foreigntotal,
       t.custbody_ctg_hash, t.custbody_ctg_version
FROM transaction t
WHERE t.type = 'SalesOrd' AND t.externalid IN ({values})
