"""How is the leaderboard published? As static pages, for a web host or a folder: `publish` writes them."""

from vlagen_bench.leaderboard.site.pages import publish

__all__ = ["publish"]
