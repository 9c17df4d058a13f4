"""The Airflow DAG that asks people about what guardrails of the feeds held back."""

from cartage.proposing import proposals_dag

dag = proposals_dag("sfcc_netsuite")
