"""What is on record about each (purpose, lead), and how it may change."""
