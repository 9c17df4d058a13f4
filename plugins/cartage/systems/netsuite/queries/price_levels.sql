SELECT l.id, l.name
FROM pricelevel l
