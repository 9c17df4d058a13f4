-- key: customer, pricing_group
-- The price level that single customers have for all items of a pricing group.
SELECT g.customer, g.group AS pricing_group, g.level AS price_level
FROM customergrouppricing g
WHERE g.level IS NOT NULL AND g.customer IN ({values})
