-- key: item, location
SELECT a.item, a.location, a.quantityavailable AS available, a.quantityonhand AS on_hand,
       TO_CHAR(a.lastquantityavailablechange, 'YYYY-MM-DD HH24:MI:SS') AS changed
FROM aggregateitemlocation a
WHERE a.location IN ({locations}) AND a.item IN ({values})
