"""Flow over faces and depth in cells: what the water does in one step."""
