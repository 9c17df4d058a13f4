SELECT x.id, x.acctnumber AS name
FROM account x
WHERE x.isinactive = 'F'
