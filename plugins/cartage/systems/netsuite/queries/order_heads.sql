-- Of sales orders: their day and their customer, as numbers and dates that compare.
SELECT t.id, t.tranid, TO_CHAR(t.trandate, 'YYYY-MM-DD') AS day, t.entity
FROM transaction t
WHERE t.id IN ({values})
