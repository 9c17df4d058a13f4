-- key: kit, member
SELECT m.parentitem AS kit, m.item AS member, m.quantity AS needed
FROM kititemmember m
WHERE m.parentitem IN ({values})
