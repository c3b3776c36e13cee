"""What is looked at from time to time: largest values, arrival, duration, and how fast to step."""
