"""The built-in policies: one file each, loaded by name."""
