"""The commands: one module per command, and the modules that they share."""
