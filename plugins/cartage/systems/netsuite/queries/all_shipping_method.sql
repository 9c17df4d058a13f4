SELECT x.id, x.itemid AS name
FROM shipitem x
WHERE x.isinactive = 'F'
