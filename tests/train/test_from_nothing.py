"""From nothing to a leaderboard entry: the four commands of the documentation, at toy size."""

import dataclasses
from pathlib import Path

import pytest

from helpers import pages
from helpers.commands import ended
from vlagen_bench.cli import eval as evaluation
from vlagen_bench.cli import main as commands
from vlagen_bench.cli import train
from vlagen_bench.plan import catalog

pytestmark = [pytest.mark.slow, pytest.mark.sim]


def trial():
    """The two trainings at toy size that the documentation gives, without the name of the command."""
    blocks = pages.blocks(pages.PAGES["docs/train_vla.md"])
    lines = [words for block in blocks if block.kind == "sh" for words in block.lines]
    return [words[1:] for words in lines if words[0] == "vlagen-train" and "toy" in words]


@pytest.fixture
def small_suites(monkeypatch):
    """Suites with one episode of one condition: a submission is of a whole suite."""
    read = catalog.suite

    def small(name: str):
        suite = read(name)
        return dataclasses.replace(suite, episodes=1, conditions=suite.conditions[:1])

    monkeypatch.setattr(catalog, "suite", small)
    read.cache_clear()
    yield
    read.cache_clear()


def test_four_commands_lead_from_nothing_to_a_leaderboard_entry(tmp_path, monkeypatch, small_suites):
    monkeypatch.chdir(tmp_path)
    imitate, reinforce = trial()
    assert ended(train.main, "vlagen-train", *imitate) == 0
    assert ended(train.main, "vlagen-train", *reinforce) == 0
    folder = Path(reinforce[reinforce.index("--out") + 1])
    policy = ("--policy", "compact", "--policy-args", f"checkpoint={folder}/policy.safetensors")
    assert ended(evaluation.command, "vlagen-eval", *policy, "--suite", "quick", "--video", "none", "--out", "run") == 0
    card = tmp_path / folder / "card.yaml"
    written = card.read_text(encoding="utf-8")
    assert "trained by grounding, sft, ppo" in written and "4 demonstrations" in written
    card.write_text(
        written.replace('name: "FILL IN"', 'name: "toy-ppo"').replace("FILL IN", "nobody"), encoding="utf-8"
    )
    submit = ("leaderboard", "submit", "run", "--card", str(card), "--out", "mine.zip")
    assert ended(commands.main, "vlagen", *submit) == 0
    assert (tmp_path / "mine.zip").is_file()
    assert ended(train.main, "vlagen-train", *reinforce) == 0
    assert card.read_text(encoding="utf-8").startswith('name: "toy-ppo"')
