SELECT x.id, x.itemid AS name
FROM salestaxitem x
WHERE x.isinactive = 'F'
