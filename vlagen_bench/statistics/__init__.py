"""How sure are we? Pure functions over counts and outcomes, one question a module; docs/statistics.md says why these."""
