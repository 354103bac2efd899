"""From an Airflow connection to settings and runtimes."""
