"""Shipped leaderboard entries: data, no code."""
