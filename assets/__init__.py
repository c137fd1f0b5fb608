"""Shipped asset packs: data and manifests, no code."""
