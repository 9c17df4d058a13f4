SELECT i.id, i.externalid AS name
FROM item i
WHERE i.isinactive = 'F' AND i.externalid IN ({values})
