"""The Airflow DAG that carries fulfilments of NetSuite back to the orders of SFCC, with their tracking numbers."""

from cartage.flow import flow_dag

dag = flow_dag("sfcc_netsuite", "shipments", record="shipment", origin="erp")
