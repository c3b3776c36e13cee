"""What is worth doing? Risk over all that can happen, and what it is worth over the years."""
