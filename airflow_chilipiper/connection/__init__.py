"""From an Airflow connection to settings, and to sessions and runtimes that share a client and a pace."""
