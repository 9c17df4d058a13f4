-- key: order_id, order_line, id, line
-- Which line of an order a line of a fulfilment ships, and how many units.
SELECT DISTINCT k.previousdoc AS order_id, k.previousline AS order_line, f.id, l.id AS line, ABS(l.quantity) AS quantity
FROM PreviousTransactionLineLink k
JOIN transaction f ON f.id = k.nextdoc AND f.type = 'ItemShip'
JOIN transactionline l ON l.transaction = f.id AND l.id = k.nextline
WHERE k.previousline IS NOT NULL AND l.mainline = 'F' AND k.previousdoc IN ({values})
