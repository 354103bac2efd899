"""What we decide: which slot, when to open again, what to remember. No Airflow, no HTTP."""
