"""Which slot a lead takes."""
