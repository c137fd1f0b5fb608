"""The leaderboard's site: static pages for a web host or a folder, written by `publish`."""

from vlagen_bench.leaderboard.site.pages import publish

__all__ = ["publish"]
