-- What NetSuite came to, after its scripts and tax engine: amounts of lines are negative on sales.
SELECT t.id, t.tranid, MAX(t.foreigntotal) AS total,
       SUM(CASE WHEN l.taxline = 'T' THEN -l.foreignamount ELSE 0 END) AS tax,
       SUM(CASE WHEN l.itemtype = 'ShipItem' AND l.taxline = 'F' THEN -l.foreignamount ELSE 0 END) AS shipping
FROM transaction t
JOIN transactionline l ON l.transaction = t.id
WHERE t.id IN ({values})
GROUP BY t.id, t.tranid
