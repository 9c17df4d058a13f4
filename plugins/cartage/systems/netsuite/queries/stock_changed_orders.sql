-- What the shop's orders took or gave back lately, also without a change of what is available.
SELECT DISTINCT l.item AS id
FROM transaction t
JOIN transactionline l ON l.transaction = t.id
WHERE t.type = 'SalesOrd' AND t.custbody_ctg_order_no IS NOT NULL AND l.custcol_ctg_line_id IS NOT NULL
  AND l.mainline = 'F' AND l.taxline = 'F' AND t.lastmodifieddate >= {since}
