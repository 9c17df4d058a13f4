SELECT c.id, c.externalid, c.email, c.company, c.isinactive
FROM contact c
WHERE c.externalid IN ({values})
