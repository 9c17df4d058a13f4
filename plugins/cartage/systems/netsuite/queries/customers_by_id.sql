SELECT c.id, c.entityid, c.externalid, c.email, c.isperson, c.subsidiary, c.isinactive, c.currency,
       TO_CHAR(c.lastmodifieddate, 'YYYY-MM-DD HH24:MI:SS') AS modified,
       c.firstname, c.middlename, c.lastname, c.salutation, c.companyname, c.phone, c.homephone, c.mobilephone,
       c.altphone, c.comments, c.custentity_ctg_customer_no, c.custentity_ctg_guest
FROM customer c
WHERE c.id IN ({values})
