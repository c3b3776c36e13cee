"""Small steps on the coarse grid, one after another."""
