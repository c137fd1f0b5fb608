"""vlagen_bench."""
