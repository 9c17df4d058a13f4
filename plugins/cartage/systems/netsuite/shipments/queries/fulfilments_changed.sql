-- Sales orders of item fulfilments that changed: packed, shipped, or given a tracking number. A link is a row a line.
SELECT DISTINCT k.previousdoc AS id
FROM transaction f
JOIN PreviousTransactionLineLink k ON k.nextdoc = f.id AND k.previoustype = 'SalesOrd'
JOIN transaction t ON t.id = k.previousdoc
WHERE f.type = 'ItemShip' AND f.lastmodifieddate >= {since} AND f.lastmodifieddate < {until}
  AND (t.custbody_ctg_integration = {integration}
       OR (t.custbody_ctg_integration IS NULL AND t.otherrefnum IS NOT NULL))
