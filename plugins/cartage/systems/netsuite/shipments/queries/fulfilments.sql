-- key: order_id, id
-- Item fulfilments of sales orders: A picked, B packed, C shipped.
SELECT DISTINCT k.previousdoc AS order_id, f.id, f.status, f.shipcarrier, BUILTIN.DF(f.shipmethod) AS shipmethod,
       TO_CHAR(COALESCE(f.shipdate, f.trandate), 'YYYY-MM-DD') AS day,
       TO_CHAR(f.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS modified
FROM PreviousTransactionLineLink k
JOIN transaction f ON f.id = k.nextdoc AND f.type = 'ItemShip'
WHERE k.previousdoc IN ({values})
