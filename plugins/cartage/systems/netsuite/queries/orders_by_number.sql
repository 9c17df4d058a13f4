-- A transaction's subsidiary stands on its main line.
SELECT t.id, t.tranid, t.externalid, t.entity, t.otherrefnum, t.currency, t.foreigntotal,
       t.custbody_ctg_hash, t.custbody_ctg_version, l.subsidiary
FROM transaction t
JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T'
WHERE t.type = 'SalesOrd' AND t.otherrefnum IN ({values})
