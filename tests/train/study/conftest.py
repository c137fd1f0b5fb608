"""The shipped study; the records of the supervised half of a small one, and its released weights."""

import shutil

import pytest

from helpers.adopted import WEIGHTS, Recorded, go, released
from vlagen_bench.policies import shipped
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study import page


@pytest.fixture(scope="session")
def study():
    """The shipped study."""
    return configs.load("study")


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The released policy's file."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "reference-sft.safetensors").write_bytes(WEIGHTS)
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "weights")


@pytest.fixture
def no_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "nowhere")


@pytest.fixture
def docs(tmp_path):
    """The docs with the records of the supervised half, whose folder is gone."""
    first = tmp_path / "first"
    for name in ("demos", "sft", "score-gate", "score-sft"):
        go(first, Recorded(), only=name)
    go(first, Recorded(), only="gate")
    page.update(released(), first, tmp_path / "docs")
    shutil.rmtree(first)
    return tmp_path / "docs"
