"""The Airflow DAG that carries stock of NetSuite into the inventory lists of SFCC, without overselling."""

from cartage.flow import flow_dag

dag = flow_dag("sfcc_netsuite", "inventory", record="stock", origin="erp")
