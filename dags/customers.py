"""The Airflow DAG that carries customer lists from SFCC into NetSuite."""

from cartage.flow import flow_dag

dag = flow_dag("sfcc_netsuite", "customers", record="customer")
