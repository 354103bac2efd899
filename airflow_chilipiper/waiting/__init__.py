"""What sensors and the trigger run: a query for slots, and polling."""
