-- All sales orders of the shop's orders: one with several shipments became several.
SELECT t.id, t.tranid, t.status, t.externalid, t.otherrefnum,
       TO_CHAR(t.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS modified,
       t.custbody_ctg_integration AS integration, t.custbody_ctg_site AS site, t.custbody_ctg_order_no AS order_no,
       t.custbody_ctg_shipment_id AS shipment_id, l.subsidiary
FROM transaction t
JOIN transactionline l ON l.transaction = t.id AND l.mainline = 'T'
WHERE t.type = 'SalesOrd' AND (t.custbody_ctg_order_no IN ({values}) OR t.otherrefnum IN ({values}))
