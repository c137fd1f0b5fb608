"""A recorded run, to read and to damage."""

import shutil

import pytest

from helpers.submissions import recorded
from vlagen_bench.runs import episodes


@pytest.fixture
def run(tmp_path):
    """A copy, to be damaged."""
    shutil.copytree(recorded(), tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def found():
    return list(episodes.of_run(recorded()))
