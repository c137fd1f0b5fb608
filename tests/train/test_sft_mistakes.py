"""What goes wrong in imitation by a mistake of its user's is a sentence, and leaves what was there."""

import dataclasses

import pytest

from helpers import trained
from helpers.shown import SMALL, Shown
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.policies.compact import sentences
from vlagen_bench.train import config as configs
from vlagen_bench.train import sft
from vlagen_bench.train.frames import frames_of
from vlagen_bench.train.sft_config import SftConfig


@pytest.fixture(autouse=True)
def _vectors(monkeypatch):
    monkeypatch.setattr(sentences, "vectors", trained.same_vectors)


@pytest.fixture
def shown(monkeypatch):
    """Two demonstrations of nothing."""
    monkeypatch.setattr(sft.sources, "demonstrations", lambda *_: frames_of([Shown(9), Shown(7)], SMALL))


def config(**other):
    usual = dict(
        demonstrations=("nowhere",), network=SMALL, iterations=6, batch=4, log_every=1, save_every=2, warmup=2, threads=1
    )  # fmt: skip
    return SftConfig(**(usual | other))


def test_a_loss_that_is_no_number_ends_a_training_before_it_is_kept(tmp_path, shown):
    with pytest.raises(RunError, match=r"iteration 2 or its gradient is NaN or infinite, and so are all weights after"):
        sft.run(config(learning_rate=1e30), tmp_path)
    assert not (tmp_path / "state.safetensors").exists() and "NaN" not in (tmp_path / "log.jsonl").read_text()


def test_fewer_iterations_than_are_done_leave_the_policy_as_it_is(tmp_path, shown, monkeypatch):
    done = sft.run(config(), tmp_path)
    before = done.policy.read_bytes()
    monkeypatch.setattr(sft.sources, "demonstrations", lambda *_: pytest.fail("they are read again"))
    again = sft.run(config(iterations=3), tmp_path)
    assert again.complete and again.iterations == 6 and again.policy.read_bytes() == before


def test_a_network_for_other_states_is_refused():
    with pytest.raises(ConfigError, match="states have 15 numbers, and the policy is made for 14"):
        frames_of([Shown(9)], dataclasses.replace(SMALL, state_dim=14))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("episodes: -1", "episodes: at least 1, not -1"),
        ("episodes: 0", "episodes: at least 1, not 0"),
        ("threads: -1", "threads: at least 0"),
        ("learning_rate: -0.1", "learning_rate: more than 0"),
        ("weight_decay: -1.0", "weight_decay: at least 0"),
        ("average: 1.5", "average: at least 0 and less than 1"),
        ("grounding: {iterations: -1}", "iterations: at least 0"),
        ("grounding: {iterations: 1, stills: 0}", "stills: at least 1"),
        ("grounding: {weight: .nan}", "weight: at least 0"),
        ("collect: {episodes: 0}", "episodes: at least 1"),
    ],
)
def test_a_number_that_means_nothing_is_refused_by_its_name(tmp_path, text, says):
    path = tmp_path / "mine.yaml"
    path.write_text(("" if "collect" in text else "demonstrations: [there]\n") + text)
    with pytest.raises(ConfigError) as raised:
        configs.read(SftConfig, "sft", str(path))
    assert str(raised.value).startswith(str(path)) and says in str(raised.value)
