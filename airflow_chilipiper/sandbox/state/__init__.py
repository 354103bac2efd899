"""The imitated tenant: what its administrator has set up, and what changes with each call."""
