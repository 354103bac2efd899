"""The three booking patterns: what is sent, and what an answer offers."""
