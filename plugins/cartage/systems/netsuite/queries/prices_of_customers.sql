-- key: customer, item
-- What single customers pay: a price, or one of the price levels. Without a currency it is the customer's first one.
SELECT p.customer, p.item, COALESCE(p.currency, c.currency) AS currency, p.level AS price_level, p.price AS amount
FROM customeritempricing p
JOIN customer c ON c.id = p.customer
WHERE p.customer IN ({values})
