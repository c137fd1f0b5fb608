"""Calibration: severities, curves, certificates and validation of axes and suites."""
