"""The pages of Cartage inside the Airflow UI."""
