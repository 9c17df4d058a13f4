SELECT x.id, x.name AS name
FROM subsidiary x
WHERE x.isinactive = 'F'
