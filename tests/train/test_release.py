"""`vlagen-train release`: what is stored, what its card says, and what the rounding changed."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch

from helpers.trained import TINY
from vlagen_bench.cli.release import card as make_card
from vlagen_bench.cli.release import release as command
from vlagen_bench.errors import ConfigError
from vlagen_bench.leaderboard import card as entry_cards
from vlagen_bench.plan import catalog
from vlagen_bench.policies import shipped
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import release as releases
from vlagen_bench.train.config import EvaluationConfig
from vlagen_bench.utils.locations import sha256


@pytest.fixture
def trained(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "policy.safetensors"
    card = checkpoint.ModelCard(name="sft-40", trained_by="grounding, sft", data="demos", episodes=7, notes={"seed": 3})
    checkpoint.save(path, CompactNetwork(TINY), card)
    return path


@pytest.fixture
def played(monkeypatch):
    """In place of runs: the checkpoint does episodes a and b, the stored file a and c; d takes another step."""
    outcomes = {
        "trained": {"a": (True, 9), "b": (True, 9), "c": (False, 80), "d": (True, 9)},
        "stored": {"a": (True, 9), "b": (False, 80), "c": (True, 9), "d": (True, 10)},
    }
    monkeypatch.setattr(releases, "_run", lambda config, file, which: which)
    monkeypatch.setattr(releases, "_outcomes", outcomes.get)


def test_the_stored_file_is_half_as_large_and_its_card_says_what_it_is(trained, played, tmp_path, capsys):
    target, work = tmp_path / "out" / "mine.safetensors", tmp_path / "work"
    origin, data = "stage sft of study@1, commit 0123abc", "the distribution words"
    command(trained, name="mine", origin=origin, data=data, out=target, work=work)
    network, card = checkpoint.load(target)
    before, _ = checkpoint.load(trained)
    assert target.stat().st_size < 0.6 * trained.stat().st_size
    assert (card.name, card.storage, card.licence) == ("mine", "float16", "MIT")
    assert (card.origin, card.data, card.trained_by) == (origin, data, "grounding, sft")
    assert card.expected == "75% of 4 episodes of nominal, seed 1600000 (95 %: 30% to 95%)"
    assert card.notes["seed"] == 3 and "2 end otherwise, 3 take other steps" in card.notes["rounding"]
    for old, new in zip(before.parameters(), network.parameters(), strict=True):
        assert new.dtype == torch.float32 and torch.allclose(old, new, rtol=2**-11, atol=1e-7)
    said = capsys.readouterr().out
    assert "3 of 4 episodes succeed, 3 before the rounding" in said


def test_the_card_of_the_entry_is_filled_in_and_names_the_stored_file(trained, played, tmp_path):
    target, work = tmp_path / "mine.safetensors", tmp_path / "work"
    command(trained, name="mine", origin="stage sft", out=target, work=work)
    entry = entry_cards.read((work / "card.yaml").read_bytes())
    assert entry.name == "mine" and entry.weights_sha256 == sha256(target) and entry.benchmark_seen == "train split"
    assert entry.training_data == "demos; 7 demonstrations, 0 control steps of RL"


def test_the_card_of_the_entry_is_made_again_from_the_stored_file(trained, played, tmp_path):
    target, work, again = tmp_path / "mine.safetensors", tmp_path / "work", tmp_path / "cards" / "mine.yaml"
    command(trained, name="mine", origin="stage sft", out=target, work=work)
    make_card(target, out=again)
    assert again.read_text() == (work / "card.yaml").read_text()
    with pytest.raises(ConfigError, match="is there already"):
        make_card(target, out=again)
    with pytest.raises(ConfigError, match="was not released"):
        make_card(trained, out=tmp_path / "other.yaml")


def test_a_card_that_the_leaderboard_would_refuse_is_not_written(trained, played, tmp_path):
    target, out = tmp_path / "mine.safetensors", tmp_path / "card.yaml"
    with pytest.raises(ConfigError, match=r"would refuse the card of .*'My policy' is not allowed.*--name"):
        command(trained, name="My policy", origin="stage sft", out=target, work=tmp_path / "work")
    assert not target.exists(), "said before anything is played"
    network, card = checkpoint.load(trained)
    checkpoint.save(target, network, dataclasses.replace(card, origin="two\nlines", licence="MIT"))
    with pytest.raises(ConfigError, match="would refuse the card"):
        make_card(target, out=out)
    assert not out.exists()


@pytest.mark.parametrize("name", shipped.REFERENCE)
def test_the_shipped_policies_have_cards(name, tmp_path):
    make_card(shipped.weights_of(name), out=tmp_path / "card.yaml")
    entry = entry_cards.read((tmp_path / "card.yaml").read_bytes())
    assert entry.name == name and entry.weights_sha256 == sha256(shipped.weights_of(name))


def test_nothing_is_written_over_and_a_stranger_needs_a_place(trained, played, tmp_path):
    target = tmp_path / "mine.safetensors"
    target.write_text("old")
    with pytest.raises(ConfigError, match="is there already"):
        command(trained, name="mine", origin="x", out=target, work=tmp_path / "work")
    assert target.read_text() == "old"
    with pytest.raises(ConfigError, match="reference-sft and reference-ppo have a place"):
        command(trained, name="mine", origin="x", work=tmp_path / "work")
    with pytest.raises(ConfigError, match="0 or more"):
        command(trained, name="mine", origin="x", out=tmp_path / "b", work=tmp_path / "work", episodes=-1)


def test_the_comparison_has_a_seed_of_its_own():
    seeds = {catalog.suite(name).seed for name in catalog.suite_names()} | {EvaluationConfig().seed, 500_001}
    assert releases.SEED not in seeds and releases.SEED < 2_000_000


@pytest.mark.sim
@pytest.mark.slow
def test_both_files_play_the_same_episodes(trained, tmp_path):
    target = tmp_path / "mine.safetensors"
    config = releases.ReleaseConfig(
        source=trained, name="mine", target=target, work=tmp_path / "work", origin="x", episodes=1, workers=1
    )
    rounding = releases.release(config)
    assert rounding.episodes == 1 and re.search("of 1 episodes of nominal", checkpoint.load(target)[1].expected)
    assert {path.name for path in Path(config.work).iterdir()} == {"mine.safetensors", "trained", "stored"}
