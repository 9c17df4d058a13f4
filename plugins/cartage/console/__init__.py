"""The console: pages about orders for people who do not know Airflow, inside the Airflow UI."""
