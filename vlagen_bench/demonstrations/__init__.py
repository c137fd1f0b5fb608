"""Demonstrations: the training distribution, their collection, and their datasets."""
