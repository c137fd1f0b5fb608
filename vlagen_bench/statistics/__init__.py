"""Statistics: pure functions over counts and outcomes; docs/statistics.md says why these."""
