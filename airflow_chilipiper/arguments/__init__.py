"""What a user wrote, read as values: templates, rows and `col()`, and each pattern's own arguments."""
