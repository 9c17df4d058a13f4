"""The Airflow DAG that carries prices of NetSuite into the price books of SFCC."""

from cartage.flow import flow_dag

dag = flow_dag("sfcc_netsuite", "prices", record="price", origin="erp")
