"""The configurations of training: shipped ones, one's own, and what they do not allow."""

import dataclasses

import pytest

from vlagen_bench.demonstrations import distribution
from vlagen_bench.errors import ConfigError
from vlagen_bench.train import config
from vlagen_bench.train.algorithms import ALGORITHMS
from vlagen_bench.train.config import GrpoConfig, PpoConfig, TrainConfig
from vlagen_bench.utils.paths import tasks_dir

SHIPPED = [
    (path.parent.name, path.stem)
    for path in sorted((tasks_dir() / "train").glob("*/*.yaml"))
    if path.parent.name in ALGORITHMS
]  # fmt: skip


@pytest.mark.parametrize(("algorithm", "name"), SHIPPED)
def test_shipped_configurations_are_read(algorithm, name):
    kind, _ = ALGORITHMS[algorithm]
    assert isinstance(config.read(kind, algorithm, name), kind)


def test_every_algorithm_has_a_toy():
    assert {(algorithm, "toy") for algorithm in ALGORITHMS} <= set(SHIPPED)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("iteration: 3", "no key 'iteration'"),
        ("iterations: 0", "iterations: at least 1"),
        ("iterations: 1\ntemperature: 0", "temperature: more than 0"),
        ("iterations: 1\nrollouts: {temperature: 0.5}", "no key 'temperature'"),
        ("iterations: 1\nrollout_temperature: 0.5", "no key 'rollout_temperature'"),
        ("iterations: 1\nadaptive: true\nkl_stop: 0", "the learning rate follows `kl_stop`"),
        ("iterations: 1\ngamma: 1.5", "gamma: more than 0 and at most 1"),
        ("iterations: 1\nstart: a.safetensors\nnetwork: {hidden: 64}", "has its own sizes"),
        ("iterations: 1\ncritic: own", "one of 'shared', 'detached', 'separate'"),
        ("iterations: 1\nrollouts: {episodes: 0}", "episodes: at least 1"),
        ("iterations: 1\nevaluation: {seed: 2000000}", "2000000 is a seed of training"),
        ("iterations: 1\nevaluation: {conditions: []}", "name at least one"),
    ],
)
def test_a_mistake_is_a_sentence_that_names_the_file(tmp_path, text, says):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        config.read(PpoConfig, "ppo", str(path))
    assert str(raised.value).startswith(str(path))
    assert says in str(raised.value) or says.replace("no key", "There is no key") in str(raised.value)


def test_groups_are_whole():
    with pytest.raises(ConfigError, match="not whole groups of 8"):
        GrpoConfig(iterations=1, rollouts=config.RolloutConfig(episodes=12))


@pytest.mark.parametrize("kind", [kind for kind, _ in ALGORITHMS.values()])
def test_there_is_one_temperature(kind):
    """That of rollouts and that of training cannot differ, since there are not two."""

    def keys(of):
        for field in dataclasses.fields(of):
            yield field.name
            factory = field.default_factory
            if isinstance(factory, type) and dataclasses.is_dataclass(factory):
                yield from keys(factory)

    assert [name for name in keys(kind) if "temperature" in name] == ["temperature"]


def test_training_and_held_out_episodes_have_seeds_of_their_own():
    training = PpoConfig(iterations=1)
    assert training.training_seed >= 2_000_000
    demonstrated = distribution.load(training.rollouts.distribution).seed
    assert training.training_seed - demonstrated >= 100_000, (
        "as many collections of demonstrations have seeds of their own"
    )
    assert 1_000_000 < training.evaluation.seed < 2_000_000
    assert issubclass(PpoConfig, TrainConfig)
