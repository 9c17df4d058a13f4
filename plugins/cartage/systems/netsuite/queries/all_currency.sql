SELECT x.id, x.symbol AS name
FROM currency x
WHERE x.isinactive = 'F'
