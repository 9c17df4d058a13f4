-- Sales orders that somebody closed or cancelled, or that an automatism did.
SELECT t.id, t.externalid
FROM transaction t
WHERE t.type = 'SalesOrd' AND BUILTIN.CF(t.status) IN ('SalesOrd:C', 'SalesOrd:H') AND t.externalid IN ({values})
