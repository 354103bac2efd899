"""Airflow's bag of DAGs, from where it lies."""

try:
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
except ImportError:  # before 3.2
    from airflow.models.dagbag import DagBag, sync_bag_to_db

__all__ = ["DagBag", "sync_bag_to_db"]
