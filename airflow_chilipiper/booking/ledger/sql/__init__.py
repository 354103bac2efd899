"""The ledger in a database that enforces unique keys."""
