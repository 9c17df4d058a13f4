SELECT t.id, t.tranid, t.externalid, t.entity, t.status, t.foreigntotal
FROM transaction t
WHERE t.type = 'CustDep' AND t.externalid IN ({values})
