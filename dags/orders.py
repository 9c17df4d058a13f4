"""The Airflow DAG that carries orders from SFCC into NetSuite, customers and deposits included."""

from cartage.flow import flow_dag

dag = flow_dag("sfcc_netsuite", "orders", record="order")
