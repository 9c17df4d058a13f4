SELECT x.id, x.name AS name
FROM paymentmethod x
WHERE x.isinactive = 'F'
