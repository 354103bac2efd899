"""One booking task, from its plan to its ending."""
