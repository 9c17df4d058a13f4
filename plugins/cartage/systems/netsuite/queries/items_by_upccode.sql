SELECT i.id, i.upccode AS name
FROM item i
WHERE i.isinactive = 'F' AND i.upccode IN ({values})
