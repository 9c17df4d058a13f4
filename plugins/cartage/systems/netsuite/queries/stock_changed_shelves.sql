-- What was put on shelves or taken off. Shipping what was committed changes what is on hand and not what is available.
SELECT DISTINCT l.item AS id
FROM transaction t
JOIN transactionline l ON l.transaction = t.id
WHERE t.type IN ('ItemShip', 'ItemRcpt', 'InvAdjst', 'InvTrnfr', 'InvCount', 'Build', 'Unbuild', 'CashSale', 'CustInvc', 'VendBill')
  AND l.mainline = 'F' AND l.item IS NOT NULL AND t.lastmodifieddate >= {since}
