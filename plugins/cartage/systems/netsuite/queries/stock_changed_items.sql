SELECT i.id
FROM item i
WHERE i.lastmodifieddate >= {since}
