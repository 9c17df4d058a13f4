SELECT i.id, i.externalid AS name
FROM item i
WHERE i.isinactive = 'F' AND LOWER(i.externalid) IN ({values})
