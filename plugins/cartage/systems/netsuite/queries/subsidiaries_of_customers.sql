SELECT r.id, r.entity, r.subsidiary
FROM customersubsidiaryrelationship r
WHERE r.entity IN ({values})
