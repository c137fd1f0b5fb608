"""Evaluations from Python on the fake world: `vlagen_bench.evaluate` without a simulator."""

import pytest

from helpers.fakes import FakeSim
from vlagen_bench.harness import worker

SMALL = {"conditions": ["table_test"], "episodes": 2, "video": "none"}
"""four episodes: two, and their clean twins"""


def fake_simulator(task, cameras=None):
    """What a worker makes in place of a simulator; picklable."""
    return FakeSim()


@pytest.fixture
def fake_world(tmp_path, monkeypatch):
    """The fake world in a folder of its own, which is the current one."""
    monkeypatch.setattr(worker, "simulator", fake_simulator)
    monkeypatch.chdir(tmp_path)
    return tmp_path
