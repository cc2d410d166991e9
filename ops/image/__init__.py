"""``ops image``: Airflow's image with a team's own packages, checked, built and pushed."""
