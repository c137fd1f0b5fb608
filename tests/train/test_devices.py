"""Updates on another device than the CPU: nothing is left behind, and a device that is not there is a sentence."""

import copy

import numpy as np
import pytest
import torch

from helpers import trained
from helpers.elsewhere import AWAY, elsewhere, inner_of
from helpers.shown import GROUNDING, SMALL, Shown
from helpers.trained import model_of, played, tiny_config
from vlagen_bench.errors import ConfigError
from vlagen_bench.policies.compact import sentences
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import dpo, grpo, loop, ppo, sft
from vlagen_bench.train.answers import Answers
from vlagen_bench.train.config import DpoConfig, GrpoConfig, PpoConfig
from vlagen_bench.train.devices import device_of
from vlagen_bench.train.frames import frames_of
from vlagen_bench.train.sft_config import SftConfig
from vlagen_bench.train.trainer import Trainer

ROUNDING = 1e-4
"""layers are put together of other kernels where tensors are no plain ones; a wrong number is wrong by far more"""


@pytest.fixture(autouse=True)
def _vectors(monkeypatch):
    monkeypatch.setattr(sentences, "vectors", trained.same_vectors)


def alike(numbers):
    return pytest.approx(numbers, rel=1e-3, abs=ROUNDING, nan_ok=True)


def updated(model, trajectories, config, device, **more):
    """The weights after an update on a device, and what was said of it."""
    module = {PpoConfig: ppo, GrpoConfig: grpo, DpoConfig: dpo}[type(config)]
    if module is not ppo:
        more = {"reference": copy.deepcopy(model.policy).to(device)}
    model = model.to(device)
    optimizer = (ppo if module is ppo else grpo).optimiser(model, config)
    said = module.update(model, optimizer, trajectories, config, np.random.RandomState(0), **more)
    return {name: inner_of(tensor) for name, tensor in model.state_dict().items()}, said


@pytest.mark.parametrize(
    ("config", "more"),
    [
        (tiny_config(entropy_coefficient=0.01), {"value_only": False}),
        (tiny_config(critic="separate", ratio="step"), {"value_only": False}),
        (tiny_config(critic="detached"), {"value_only": True}),
        (tiny_config(critic="shared", kl_stop=1e-9), {"value_only": False}),
        (tiny_config(GrpoConfig, group=8, kl_coefficient=0.1, average="episode"), {}),
        (tiny_config(GrpoConfig, group=8), {}),
        (tiny_config(DpoConfig, group=8), {}),
    ],
    ids=["ppo", "ppo with a critic", "ppo's values", "ppo that stops", "grpo near its start", "grpo", "dpo"],
)
def test_an_update_elsewhere_says_the_same_and_leaves_nothing_on_the_cpu(config, more, monkeypatch):
    model = model_of(getattr(config, "critic", "detached"))
    trajectories = played(model, config, 16)
    wanted, said = updated(copy.deepcopy(model), trajectories, config, torch.device("cpu"), **more)
    with elsewhere(monkeypatch) as kinds:
        found, said_there = updated(model, trajectories, config, AWAY, **more)
    assert said_there == alike(said) and said["optimiser_steps"] > 0
    assert max(float((wanted[name] - found[name]).abs().mean()) for name in wanted) < ROUNDING
    assert set(kinds) == {"meta"}


def test_imitation_elsewhere_is_the_same(monkeypatch):
    config = SftConfig(demonstrations=("nowhere",), grounding=GROUNDING, network=SMALL, precision="float32")
    frames, rows = frames_of([Shown(9), Shown(7)], SMALL), np.arange(8)

    def weights(device):
        torch.manual_seed(0)
        trainer = Trainer(config=config, network=CompactNetwork(SMALL).to(device), total=2)
        sft._normalise(trainer, frames)
        said = [
            trainer.step(lambda network: sft._pointing(network, stills=frames, rows=rows)),
            trainer.step(lambda network: sft._loss(network, frames=frames, rows=rows, config=config)),
        ]
        return {name: inner_of(tensor) for name, tensor in trainer.model.state_dict().items()}, said

    wanted, said = weights(torch.device("cpu"))
    with elsewhere(monkeypatch) as kinds:
        found, said_there = weights(AWAY)
    assert [alike(one) for one in said] == said_there
    assert max(float((wanted[name] - found[name]).abs().mean()) for name in wanted) < ROUNDING
    assert set(kinds) == {"meta"}


def test_networks_elsewhere_answer_the_same(monkeypatch):
    config, model = tiny_config(), model_of()
    wanted = played(model, config, 16)
    with elsewhere(monkeypatch):
        model = model.to(AWAY)
        found = played(model, config, 16, Answers(model, config.temperature, config.precision))
    assert all(np.array_equal(one.tokens, other.tokens) for one, other in zip(wanted, found, strict=True))
    for name in ("log_probs", "values", "rewards"):
        for one, other in zip(wanted, found, strict=True):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=ROUNDING)


def test_what_stays_behind_is_noticed(monkeypatch):
    with elsewhere(monkeypatch):
        there = torch.zeros(3, device=AWAY)
        assert (there + there.sum()).device == AWAY and there.cpu().tolist() == [0, 0, 0]
        assert there[torch.tensor([0])].device == AWAY
        with pytest.raises(AssertionError, match="two devices"):
            there + torch.zeros(3)
        with pytest.raises(AssertionError, match="two devices"):
            torch.zeros(3)[torch.zeros(1, dtype=torch.long, device=AWAY)]


def test_a_gpu_that_is_not_there_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for run in (
        lambda: loop.run("ppo", tiny_config(device="cuda"), tmp_path / "ppo"),
        lambda: sft.run(SftConfig(demonstrations=("nowhere",), device="cuda"), tmp_path / "sft"),
    ):
        with pytest.raises(
            ConfigError, match=r"device: cuda is asked for, and PyTorch .* finds no GPU. Give cpu, or auto"
        ):
            run()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "there", "kind"), [
    ("cpu", True, "cpu"), ("auto", False, "cpu"), ("auto", True, "cuda"), ("cuda", True, "cuda"),
])  # fmt: skip
def test_the_device_is_the_one_that_is_asked_for(name, there, kind, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert device_of(name).type == kind
