"""The embedded way to run: Airflow on SQLite, the ledger and the sandbox, all on loopback, one owner."""
