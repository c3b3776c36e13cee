"""What can be wrong with a city: one module for each part of it, one function for each question."""
