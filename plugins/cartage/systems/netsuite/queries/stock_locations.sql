SELECT l.id, l.name, l.isinactive AS inactive{fields}
FROM location l
