"""The dynamic flood engine held against theory, benchmarks and a flood that was measured."""
