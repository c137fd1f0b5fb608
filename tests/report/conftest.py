"""Runs to be compared."""

import io

import pytest
from rich.console import Console

from helpers.compared import CONDITIONS
from helpers.fabricated import fabricate
from vlagen_bench.cli import common

EPISODES = 12


@pytest.fixture
def made(tmp_path):
    """Makes a run folder of these conditions."""

    def make(name, outcome, **more):
        options = {"episodes": EPISODES, "conditions": CONDITIONS} | more
        return fabricate(tmp_path / name, "quick", outcome, **options)

    return make


@pytest.fixture
def printed(monkeypatch):
    """Runs a command in this process, and gives what it printed."""

    def call(module, function, *args, **kwargs) -> str:
        out = Console(file=io.StringIO(), width=110, highlight=False)
        monkeypatch.setattr(module, "console", lambda: out)
        assert function(*args, **kwargs) == common.OK
        return out.file.getvalue()

    return call
