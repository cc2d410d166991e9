"""``ops migrate``: connections, variables, pools, users and DAGs of a running Airflow, into a deployment."""
