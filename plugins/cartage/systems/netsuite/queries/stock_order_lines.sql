-- key: id, line
-- Lines of the shop's orders that are open (A pending approval, B pending fulfilment, D partially fulfilled, E pending
-- billing and partially fulfilled), or were touched lately. Quantities of sales are negative.
SELECT t.id, l.id AS line, l.item, i.{sku} AS sku, l.location, t.custbody_ctg_site AS site, t.custbody_ctg_order_no AS order_no,
       l.custcol_ctg_line_id AS line_id, -l.quantity AS quantity, l.quantitycommitted AS committed,
       l.quantityshiprecv AS shipped, l.isclosed AS closed, t.status
FROM transaction t
JOIN transactionline l ON l.transaction = t.id
JOIN item i ON i.id = l.item
WHERE t.type = 'SalesOrd' AND t.custbody_ctg_order_no IS NOT NULL AND l.custcol_ctg_line_id IS NOT NULL
  AND l.mainline = 'F' AND l.taxline = 'F' AND l.kitmemberof IS NULL AND l.item IN ({values})
  AND (BUILTIN.CF(t.status) IN ('SalesOrd:A', 'SalesOrd:B', 'SalesOrd:D', 'SalesOrd:E') OR t.lastmodifieddate >= {since})
