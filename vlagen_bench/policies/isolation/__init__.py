"""Policies in a process of their own."""
