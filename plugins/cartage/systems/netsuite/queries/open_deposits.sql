-- key: order_id, id
-- Deposits of sales orders that were neither applied nor refunded.
SELECT l.createdfrom AS order_id, t.id
FROM transaction t
JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T'
WHERE t.type = 'CustDep' AND t.foreignpaymentamountunused > 0 AND l.createdfrom IN ({values})
