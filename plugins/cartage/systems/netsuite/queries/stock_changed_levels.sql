SELECT DISTINCT a.item AS id
FROM aggregateitemlocation a
WHERE a.location IN ({locations}) AND a.lastquantityavailablechange >= {since}
