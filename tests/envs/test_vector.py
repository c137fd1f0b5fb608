"""Many environments at once: what each plays depends neither on its neighbours nor on their number."""

import dataclasses

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import VectorEnv

import vlagen_bench
from vlagen_bench.envs import vector
from vlagen_bench.envs.interface import info_of
from vlagen_bench.envs.registration import TRAINING_SEED
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.tasks.judge import Status

MAIN = "VLAGen/TabletopPutOn-Main-v1"
NOOP = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("VLAGen/TabletopPutOn-Mian-v1", 1), "Did you mean 'VLAGen/TabletopPutOn-Main-v1'"),
        ((MAIN, 0), "at least 1 environment"),
    ],
)
def test_mistakes_are_sentences(arguments, says):
    with pytest.raises(ConfigError, match=says):
        vlagen_bench.make_vec(*arguments)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"obs_mod": "state"}, "has no option 'obs_mod'. Did you mean 'obs_mode'"),
        ({"first_seed": "a"}, "first_seed is a whole number, not 'a'"),
        ({"obs_mode": "states"}, "Did you mean 'state'"),
    ],
)
def test_a_wrong_option_is_refused_before_any_process_starts(options, says):
    with pytest.raises(ConfigError, match=says):
        vlagen_bench.make_vec(MAIN, 2, **options)


def test_first_seeds_are_counted_from_the_one_that_is_given(monkeypatch):
    makers = []
    monkeypatch.setattr(vector, "ProcessVectorEnv", lambda given, **_: makers.extend(given))
    vector.make_vec(MAIN, 2, first_seed=7)
    vector.make_vec("VLAGen/TabletopPutOn-Nominal-v1", 2)
    assert [maker.keywords["first_seed"] for maker in makers] == [7, 8, 0, 1]


@pytest.mark.sim
@pytest.mark.slow
def test_each_environment_plays_the_episodes_of_its_own_seed():
    envs = vlagen_bench.make_vec(MAIN, 2)
    try:
        unseeded = envs.reset()[1]["scenario"]["seed"]
        assert list(unseeded) == [TRAINING_SEED, TRAINING_SEED + 1], "without a seed, too, no two play the same"
        obs, info = envs.reset(seed=5)
        assert obs["image"].shape == (2, 256, 256, 3) and obs["state"].shape[0] == 2
        for _ in range(81):  # 80 steps end every episode; the next one begins it again
            obs, reward, terminated, truncated, info = envs.step(np.stack([NOOP, NOOP]))
        assert reward.shape == (2,) and not terminated.any() and not truncated.any()
        second = [
            dict(zip(info["scenario"], values, strict=False))
            for values in zip(*info["scenario"].values(), strict=False)
        ]
        ids = [episode["id"] for episode in second]
    finally:
        envs.close()
    alone = gym.make(MAIN).unwrapped
    for number, seed in enumerate((5, 6)):
        alone.reset(seed=seed)
        assert alone.reset()[1]["scenario"]["id"] == ids[number]


def test_the_infos_of_one_that_succeeded_and_one_that_did_not_can_be_merged():
    envs = VectorEnv()
    envs.num_envs = 2
    episode = plan.sample(catalog.task("tabletop_put_on"), "nominal", index=0, seed=0)[0]
    infos = {}
    for row, first in enumerate((3, None)):
        fields = {field.name: False for field in dataclasses.fields(Status)}
        status = Status(**{**fields, "first_success_step": first, "trouble": None})
        infos = envs._add_info(
            infos, info_of(episode, status, instruction="put it there", steps=4, oversized_steps=0), row
        )
    assert list(infos["first_success_step"]) == [3, -1]
    assert infos["success"].dtype == bool and infos["steps"].dtype == int
    assert list(infos["scenario"]["id"]) == [episode.id] * 2


@pytest.mark.sim
def test_every_info_has_types_that_vector_environments_merge():
    info = gym.make(MAIN, obs_mode="state").reset(seed=0)[1]
    kinds = {key: type(value) for key, value in info.items()}
    assert set(kinds.values()) <= {bool, int, float, str, dict, type(None)}
    assert [key for key, kind in kinds.items() if kind is type(None)] == [], (
        "a key has one type, from the first info on"
    )
