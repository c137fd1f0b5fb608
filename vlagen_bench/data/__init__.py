"""Shipped data: in a wheel, task files, asset packs and leaderboard entries lie here as folders of this package.

In a checkout they lie at the top of the repository; `vlagen_bench.utils.paths` knows both places.
"""
