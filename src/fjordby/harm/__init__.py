"""Who and what is hurt? Damage, people, roads and safety of life."""
