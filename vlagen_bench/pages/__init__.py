"""How does a run look on one page, that opens anywhere? `write_report` writes it."""

from importlib.util import find_spec

from vlagen_bench.errors import ConfigError

if find_spec("jinja2") is None:
    raise ConfigError("The page of a run needs the package jinja2: pip install 'vlagen-bench[report]'")

from vlagen_bench.pages.page import write_report

__all__ = ["write_report"]
