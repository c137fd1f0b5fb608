"""Diagnostics of a machine: doctor, benchmarks and soak tests."""
