SELECT x.id, x.name AS name
FROM location x
WHERE x.isinactive = 'F'
