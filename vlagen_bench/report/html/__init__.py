"""The report of a run as one self-contained HTML page, written by `write_report`."""

from vlagen_bench.report.html.page import write_report

__all__ = ["write_report"]
