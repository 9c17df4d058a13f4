-- key: id, line
-- What was sold: neither the main line, nor taxes, nor shipping, nor a kit's members. Amounts of sales are negative.
SELECT t.id, l.id AS line, l.item, BUILTIN.DF(l.item) AS sku, -l.quantity AS quantity, -l.foreignamount AS amount
FROM transaction t
JOIN transactionline l ON l.transaction = t.id
WHERE l.mainline = 'F' AND l.taxline = 'F' AND l.itemtype <> 'ShipItem' AND l.kitmemberof IS NULL AND t.id IN ({values})
