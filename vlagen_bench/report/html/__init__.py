"""How does a run look on one page, that opens anywhere? `write_report` writes it."""

from vlagen_bench.report.html.page import write_report

__all__ = ["write_report"]
