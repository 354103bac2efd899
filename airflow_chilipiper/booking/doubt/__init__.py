"""Finding out what became of a booking call without an answer."""
