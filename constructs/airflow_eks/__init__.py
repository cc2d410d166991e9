"""The AWS side of Airflow on EKS, as reusable constructs. Nothing here knows of stacks."""
