SELECT c.id, c.symbol AS code
FROM currency c
WHERE c.isinactive = 'F'
