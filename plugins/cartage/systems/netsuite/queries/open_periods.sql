SELECT p.id, TO_CHAR(p.startdate, 'YYYY-MM-DD') AS starts, TO_CHAR(p.enddate, 'YYYY-MM-DD') AS ends
FROM accountingperiod p
WHERE p.closed = 'F' AND p.isquarter = 'F' AND p.isyear = 'F' AND p.enddate >= TO_DATE({day}, 'YYYY-MM-DD')
