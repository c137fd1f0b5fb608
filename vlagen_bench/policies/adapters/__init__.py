"""Adapters of policies that were trained elsewhere, one file for each family of models."""
