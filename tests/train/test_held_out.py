"""Scores during training: one that was interrupted goes on, and begins anew where it is of something else."""

import pytest
import torch

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact import checkpoint
from vlagen_bench.policies.compact.checkpoint import ModelCard
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import held_out
from vlagen_bench.train.config import EvaluationConfig
from vlagen_bench.train.training_episodes import task_of

SMALL = CompactConfig(cameras={"front": 32}, widths=(8, 8), blocks=1, keypoints=4, hidden=64, slot=16)
ONE = EvaluationConfig(every=1, episodes=1, workers=1)


@pytest.fixture
def policy(tmp_path):
    """A checkpoint of weights of this seed, always under the same name."""

    def made(seed):
        torch.manual_seed(seed)
        path = tmp_path / "00002.safetensors"
        checkpoint.save(path, CompactNetwork(SMALL), ModelCard(name="run-2"))
        return path

    return made


@pytest.mark.sim
def test_a_score_begins_anew_where_it_is_of_other_weights_or_episodes(policy, tmp_path):
    """A run goes on with other threads or another `evaluation`, though it was interrupted within a score."""
    task, out, notes = task_of("words"), tmp_path / "00002", []

    def played():
        return (out / "episodes.jsonl").read_text().splitlines()

    def score(seed, config=ONE):
        return held_out.score(policy(seed), task, config, out, notes.append)

    first = score(0)
    lines = played()
    assert score(0) == first and played() == lines and not notes
    score(1)
    assert len(played()) == 1 and "the policy has changed" in notes[-1]
    with pytest.raises(ConfigError):
        score(1, EvaluationConfig(every=1, suite="quikc", workers=1))
    assert len(played()) == 1
    score(1, EvaluationConfig(every=1, episodes=2, workers=1))
    assert len(played()) == 2 and "holds another run" in notes[-1] and len(notes) == 2
