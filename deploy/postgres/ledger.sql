-- The ledger has a database of its own, beside Airflow's. Collation C: versions are compared as text.
CREATE DATABASE cartage TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
