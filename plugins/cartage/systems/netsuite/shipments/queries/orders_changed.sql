-- Sales orders that changed themselves: lines were closed, the order was cancelled, a fulfilment was deleted.
SELECT t.id
FROM transaction t
WHERE t.type = 'SalesOrd' AND t.lastmodifieddate >= {since} AND t.lastmodifieddate < {until}
  AND (t.custbody_ctg_integration = {integration}
       OR (t.custbody_ctg_integration IS NULL AND t.otherrefnum IS NOT NULL))
