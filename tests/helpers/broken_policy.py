"""A module that fails while it is imported."""

raise ZeroDivisionError("no weights")
