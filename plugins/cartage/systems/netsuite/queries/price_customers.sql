-- Customers that have prices of their own. {named_by} is what `prices.customers.named_by` says.
SELECT c.id, c.{named_by} AS name, c.pricelevel AS price_level
FROM customer c
WHERE c.isinactive = 'F'
  AND (c.id IN (SELECT p.customer FROM customeritempricing p) OR c.id IN (SELECT g.customer FROM customergrouppricing g))
