"""`python -m airflow_chilipiper`: the commands, on any Airflow."""

from airflow_chilipiper.cli import main

if __name__ == "__main__":
    main()
