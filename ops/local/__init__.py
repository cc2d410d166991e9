"""Airflow on this machine: the version and the configuration that the cluster runs, with local endpoints."""
