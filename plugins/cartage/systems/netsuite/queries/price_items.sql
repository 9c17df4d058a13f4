-- Items that are for sale. {sku} is the field of `orders.sku_field`, {fields} what the settings name, {which} a condition.
SELECT i.id, i.{sku} AS sku, i.pricinggroup AS pricing_group{fields}
FROM item i
WHERE i.isinactive = 'F' AND i.itemtype NOT IN ('Discount', 'Markup', 'Subtotal', 'Payment', 'Description') AND {which}
