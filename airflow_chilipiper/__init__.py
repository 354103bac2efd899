"""Book Chili Piper meetings from Airflow, at most once per lead."""

__version__ = "0.1.0"
