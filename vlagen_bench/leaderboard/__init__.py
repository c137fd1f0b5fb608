"""The leaderboard: submissions, their verification by re-simulation, and the site."""
