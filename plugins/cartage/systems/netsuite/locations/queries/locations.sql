-- All locations, inactive ones too, each with its main address. Of several subsidiaries the oldest is its own.
SELECT x.id, x.name, x.isinactive, x.locationtype, x.latitude, x.longitude,
       (SELECT MIN(m.subsidiary) FROM LocationSubsidiaryMap m WHERE m.location = x.id) AS subsidiary,
       a.addr1, a.addr2, a.city, a.zip, a.state, a.country, a.addrphone
FROM location x
LEFT JOIN LocationMainAddress a ON a.nkey = x.mainaddress
