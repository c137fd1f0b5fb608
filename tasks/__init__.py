"""Shipped tasks and suites: YAML, no code."""
