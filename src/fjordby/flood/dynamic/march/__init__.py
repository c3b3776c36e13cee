"""A stretch of small steps: sources, then the sweep, again and again."""
