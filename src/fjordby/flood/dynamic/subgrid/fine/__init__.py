"""What the water of a coarse grid is on the fine one."""
