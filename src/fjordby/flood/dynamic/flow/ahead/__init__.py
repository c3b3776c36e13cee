"""Numbers asked for before they are needed."""
