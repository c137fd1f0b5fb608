"""What a run of reinforcement learning logs and scores on the way, and the memory that it gives back."""

import weakref

import pytest

from helpers import trained
from helpers.trained import HereRollouts, tiny_config
from vlagen_bench.policies.compact import sentences
from vlagen_bench.train import held_out, loop
from vlagen_bench.train.config import EvaluationConfig
from vlagen_bench.train.run_folder import TrainFolder


@pytest.fixture(autouse=True)
def _here(monkeypatch):
    monkeypatch.setattr(loop, "Rollouts", HereRollouts)
    monkeypatch.setattr(sentences, "vectors", trained.same_vectors)


def test_the_log_says_what_matters(tmp_path):
    loop.run("ppo", tiny_config(), tmp_path)
    first, second, _ = TrainFolder(path=tmp_path).lines()
    assert {"success_rate", "return", "value_loss", "explained_variance", "control_steps", "episodes"} <= first.keys()
    assert {
        "kl",
        "clip_fraction",
        "entropy",
    } <= second.keys() - first.keys()  # the critic alone is trained in the first
    assert (first["episodes"], second["episodes"]) == (32, 64)


def test_numbers_go_to_other_logs_too(tmp_path):
    pytest.importorskip("tensorboardX")
    loop.run("ppo", tiny_config(iterations=1, log=("tensorboard",)), tmp_path)
    assert list((tmp_path / "tensorboard").iterdir())


def test_scores_on_held_out_episodes_are_in_the_log(tmp_path, monkeypatch):
    asked = []

    def score(policy, task, config, out, note):
        asked.append((policy.name, out.name))
        return {"eval/nominal": 0.5}

    monkeypatch.setattr(held_out, "score", score)
    loop.run("ppo", tiny_config(evaluation=EvaluationConfig(every=2)), tmp_path)
    scores = {line["iteration"]: line.get("eval/nominal") for line in TrainFolder(path=tmp_path).lines()}
    assert scores == {0: 0.5, 1: None, 2: 0.5, 3: 0.5}
    assert asked == [(f"{n:05d}.safetensors", f"{n:05d}") for n in (0, 2, 3)]


def test_memory_is_given_back_before_a_score(tmp_path, monkeypatch):
    """What an iteration played is gone by then, and its memory with it."""
    done, played = [], []

    class Watched(HereRollouts):
        def play(self, *args):
            ended = super().play(*args)
            played.append(weakref.ref(ended[0]))
            return ended

    monkeypatch.setattr(loop, "Rollouts", Watched)
    monkeypatch.setattr(loop, "return_memory", lambda: done.append(("returned", played[-1]() is None)))
    monkeypatch.setattr(held_out, "score", lambda *args: done.append("scored") or {})
    config = tiny_config(iterations=2, evaluation=EvaluationConfig(every=1, episodes=2))
    loop.run("ppo", config, tmp_path / "run")
    assert done == ["scored", *[("returned", True), "scored"] * 2]
