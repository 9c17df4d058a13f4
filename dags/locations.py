"""The Airflow DAG that carries locations of NetSuite into the stores and inventory lists of SFCC."""

from cartage.flow import flow_dag

dag = flow_dag("sfcc_netsuite", "locations", record="location", origin="erp")
