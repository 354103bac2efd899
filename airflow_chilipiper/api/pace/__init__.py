"""How many calls a second may leave, and whose turn it is."""
