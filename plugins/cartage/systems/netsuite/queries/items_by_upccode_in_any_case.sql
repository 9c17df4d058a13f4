SELECT i.id, i.upccode AS name
FROM item i
WHERE i.isinactive = 'F' AND LOWER(i.upccode) IN ({values})
