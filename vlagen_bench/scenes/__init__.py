"""Scenes: their robots, cameras and conventions, and the verbs that axes use on them."""
