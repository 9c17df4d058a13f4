-- key: id, line
-- What was sold, kits without their members. Quantities of sales are negative.
SELECT l.transaction AS id, l.id AS line, l.itemtype, -l.quantity AS ordered, l.quantityshiprecv AS received,
       l.isclosed, i.isfulfillable, l.custcol_ctg_kind AS kind, l.custcol_ctg_line_id AS line_id,
       l.custcol_ctg_shipment_id AS shipment_id, l.custcol_ctg_sku AS sku, i.itemid, i.externalid, i.upccode
FROM transactionline l
LEFT JOIN item i ON i.id = l.item
WHERE l.mainline = 'F' AND l.taxline = 'F' AND l.kitmemberof IS NULL AND l.transaction IN ({values})
