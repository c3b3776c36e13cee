"""What can happen? Surges, cloudbursts and stream floods, how often, and in which climate."""
