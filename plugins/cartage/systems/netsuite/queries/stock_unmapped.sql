-- Locations that hold stock although no inventory list takes it.
SELECT a.location AS id, COUNT(*) AS items
FROM aggregateitemlocation a
WHERE a.quantityonhand > 0 AND a.location NOT IN ({locations})
GROUP BY a.location
