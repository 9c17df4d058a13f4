-- key: fulfilment_id, id
-- A fulfilment of several packages has several.
SELECT DISTINCT m.transaction AS fulfilment_id, n.id, n.trackingnumber
FROM TrackingNumberMap m
JOIN trackingnumber n ON n.id = m.trackingnumber
WHERE m.transaction IN ({values})
