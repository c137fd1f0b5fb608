"""Run folders: results, recorded actions and videos on disk."""
