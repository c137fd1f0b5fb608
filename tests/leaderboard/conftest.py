"""Shelves of published entries."""

import json
import shutil

import pytest

from helpers.entries import EVIL, content
from vlagen_bench.utils import paths


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """The published entries, in a folder where others can be put beside them."""
    folder = tmp_path / "leaderboards"
    shutil.copytree(paths.leaderboards_dir() / "paper", folder / "paper")
    monkeypatch.setattr(paths, "leaderboards_dir", lambda: folder)

    def put(name, suite="paper", **what):
        (folder / suite).mkdir(exist_ok=True)
        (folder / suite / f"{name}.json").write_text(json.dumps(content(name, suite, **what)))

    return put


@pytest.fixture
def full(shelf):
    """With submissions of every sort."""
    shelf("ours-checked", successes=157, resimulated=3072, model="Ours 3B, trained on 10k episodes, then RL")
    shelf("ours-sampled", successes=156, resimulated=300)
    shelf("theirs", successes=154)
    shelf("attack", successes=20, model=EVIL, notes=(EVIL,))
    shelf("oracle", successes=192, notes=("policy: vlagen_bench.policies.expert:Expert",))
