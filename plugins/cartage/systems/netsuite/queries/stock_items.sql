-- Items that the shop may know, whatever became of them. {sku} is the field of `orders.sku_field`, {fields} what
-- `inventory.fields` names, {which} a condition.
SELECT i.id, i.{sku} AS sku, i.itemtype AS kind, i.isinactive AS inactive{fields}
FROM item i
WHERE {which}
