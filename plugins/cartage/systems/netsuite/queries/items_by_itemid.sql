SELECT i.id, i.itemid AS name
FROM item i
WHERE i.isinactive = 'F' AND i.itemid IN ({values})
