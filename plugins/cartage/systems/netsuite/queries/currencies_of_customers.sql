-- key: customer, currency
SELECT b.customer, b.currency
FROM customercurrencybalance b
WHERE b.customer IN ({values})
