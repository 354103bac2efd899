"""What every endpoint shares: requests read strictly, answers, and the end of a connection."""
