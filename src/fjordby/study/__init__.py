"""What have we computed? A city's results in one folder, made once and resumed after a stop."""
