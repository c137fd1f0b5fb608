"""Code that several axes share."""
