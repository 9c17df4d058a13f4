-- key: item, price_level, currency, quantity
-- Prices of one unit by price level and currency, from so many units on; NetSuite begins at 0.
SELECT p.item, p.pricelevel AS price_level, p.currency, COALESCE(p.quantity, 0) AS quantity, p.unitprice AS amount
FROM pricing p
WHERE p.unitprice IS NOT NULL AND p.item IN ({values}) AND p.pricelevel IN ({levels}) AND p.currency IN ({currencies})
