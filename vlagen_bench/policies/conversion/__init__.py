"""Conversions between the conventions of models and of this package: pure functions of numpy arrays."""
