"""The Gymnasium contract, on both scenes."""

import json
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import vlagen_bench  # noqa: F401 - registers the ids
from vlagen_bench.envs import registration
from vlagen_bench.envs.registration import TRAINING_SEED, env_ids
from vlagen_bench.errors import AssetError, ConfigError, PolicyError
from vlagen_bench.plan import catalog
from vlagen_bench.tasks.behaviour import MEASURES

TABLETOP = "VLAGen/TabletopPutOn-TableTest-v1"
BRIDGE = "VLAGen/BridgePutOn-UnseenTable-v1"
SCENES = [pytest.param(TABLETOP), pytest.param(BRIDGE, marks=pytest.mark.bridge)]

pytestmark = pytest.mark.sim


def make(env_id, **arguments):
    return gym.make(env_id, **arguments).unwrapped


def test_every_condition_has_an_id():
    registration = {env_id for env_id, _ in env_ids()}
    assert {"VLAGen/BridgePutOn-InDistribution-v1", "VLAGen/TabletopPutOn-Nominal-v1", TABLETOP, BRIDGE} <= registration
    assert registration <= set(gym.registry)


def test_a_step_takes_tensors_as_a_policy_gives_them():
    torch = pytest.importorskip("torch")
    env = make(TABLETOP, obs_mode="state")
    states = []
    for action in (np.zeros(7, np.float32), torch.zeros(7, dtype=torch.bfloat16), torch.zeros(7, requires_grad=True)):
        env.reset(seed=0)
        states.append(env.step(action)[0]["state"].tolist())
    assert states[0] == states[1] == states[2]


@pytest.mark.parametrize("env_id", SCENES)
def test_check_env_finds_nothing(env_id):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(make(env_id))


@pytest.mark.parametrize("env_id", SCENES)
def test_an_episode_can_be_played_again_from_its_json(env_id):
    env = make(env_id)
    first, info = env.reset(seed=3)
    rng = np.random.RandomState(0)
    actions = rng.uniform(-0.03, 0.03, (6, 7)).astype(np.float32)
    end = [env.step(action) for action in actions][-1]
    episode = json.loads(json.dumps(info["scenario"]))
    again, info_again = env.reset(options={"episode": episode})
    end_again = [env.step(action) for action in actions][-1]
    for one, other in ((first, again), (end[0], end_again[0])):
        assert np.array_equal(one["image"], other["image"]) and np.array_equal(one["state"], other["state"])
    assert info["instruction"] == info_again["instruction"]


def test_seeds_and_later_resets_give_different_episodes():
    env = make(TABLETOP)
    registration = [env.reset(seed=s)[1]["scenario"]["id"] for s in (0, 1, 0)] + [env.reset()[1]["scenario"]["id"]]
    assert registration[0] == registration[2] and len(set(registration)) == 3


@pytest.mark.parametrize("task", catalog.task_names())
def test_training_without_a_seed_meets_no_episode_of_a_suite(task):
    version = catalog.task(task).version
    main, nominal = (
        arguments.get("first_seed", 0)
        for name in ("main", catalog.task(task).nominal_name)
        for env_id, arguments in env_ids()
        if env_id == registration.env_id(task, name, version)
    )
    suites = [catalog.suite(name).seed for name in catalog.suite_names()]
    assert (main, nominal) == (TRAINING_SEED, 0) and main > max(suites) + 100_000


def test_main_begins_at_its_own_seed_unless_told_otherwise():
    env = make("VLAGen/TabletopPutOn-Main-v1")
    seeds = [env.reset(seed=seed)[1]["scenario"]["seed"] for seed in (None, 0)]
    assert seeds == [TRAINING_SEED, 0]


@pytest.mark.bridge
def test_an_official_id_is_decoded():
    env = make(BRIDGE)
    _, info = env.reset(options={"episode_id": np.int64(123)})
    assert info["scenario"]["official_id"] == 123


@pytest.mark.parametrize("given", [3.7, True, "7", "abc", None, [1], np.True_])
def test_an_official_id_is_a_whole_number(given):
    with pytest.raises(ConfigError, match="an episode_id is a non-negative integer, not"):
        make(BRIDGE).reset(options={"episode_id": given})


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"episod": 1}, "Did you mean 'episode'"),
        ({"episode": {"a": 1}}, "An episode is a mapping with the keys"),
        ({"episode_id": 1}, "no official episode ids"),
    ],
)
def test_wrong_options_are_sentences(options, says):
    with pytest.raises(ConfigError, match=says):
        make(TABLETOP).reset(options=options)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"values": 3}, ConfigError, "expected a mapping"),
        ({"index": "a"}, ConfigError, "expected an int"),
        ({"task": [1]}, ConfigError, "expected a str"),
        ({"object": "aple"}, AssetError, "Did you mean 'apple'"),
        ({"yaw": float("nan")}, ConfigError, "values that JSON cannot hold"),
        ({"yaw": "x"}, ConfigError, "do not fit tabletop_put_on@1"),
        ({"position": [1]}, ConfigError, "do not fit tabletop_put_on@1"),
        ({"position": {"source": [1, 2, 3], "target": [0, 0]}}, ConfigError, "do not fit tabletop_put_on@1"),
        ({"lighting": 3}, ConfigError, "do not fit tabletop_put_on@1"),
    ],
)
def test_an_episode_that_does_not_fit_is_a_sentence(change, error, says):
    env = make(TABLETOP)
    _, info = env.reset(seed=0)
    episode = {key: value for key, value in info["scenario"].items() if key != "id"}
    if not set(change) <= set(episode):
        change = {"values": {**episode["values"], **change}}
    with pytest.raises(error, match=says) as raised:
        env.reset(options={"episode": {**episode, **change}})
    assert "\n" not in str(raised.value)
    with pytest.raises(ConfigError, match="call reset"):
        env.step(np.zeros(7))


@pytest.mark.parametrize("axis", ["object", "instruction"])
def test_an_episode_without_one_of_its_axes_is_a_sentence(axis):
    env = make(TABLETOP)
    episode = env.reset(seed=0)[1]["scenario"]
    del episode["id"], episode["values"][axis]
    with pytest.raises(ConfigError, match=f"no value of the axis '{axis}'"):
        env.reset(options={"episode": episode})


@pytest.mark.parametrize("shape", [(3,), (1, 7), (4, 7)])
def test_what_is_not_one_action_is_a_sentence(shape):
    env = make(TABLETOP)
    env.reset(seed=0)
    with pytest.raises(PolicyError) as caught:
        env.step(np.zeros(shape))
    assert str(caught.value).startswith(f"step() was given the shape {shape}. Give (7,).")
    with pytest.raises(PolicyError, match=r"step\(\) was given NaN or infinity. Give finite numbers"):
        env.step(np.full(7, np.nan))


def test_each_info_says_how_the_arm_has_moved():
    env = make("VLAGen/TabletopPutOn-Nominal-v1", obs_mode="state")
    infos = [env.reset(seed=0)[1]]
    infos += [env.step(np.array([0.02, 0, 0, 0, 0, 0, 1], np.float32))[-1] for _ in range(3)]
    for info in infos:
        assert list(info["behaviour"]) == [one.name for one in MEASURES]
        assert {type(value) for value in info["behaviour"].values()} == {float, int}, "which vector environments merge"
        assert info["behaviour"]["time_to_success_s"] == -1 and info["behaviour"]["table_hits"] == 0
    paths_m = [info["behaviour"]["path_m"] for info in infos]
    assert paths_m == sorted(paths_m) and paths_m[0] == 0 and paths_m[-1] > 0.03
    assert env.reset(seed=1)[1]["behaviour"]["path_m"] == 0


def test_an_episode_is_truncated_at_80_steps():
    env = make(TABLETOP)
    env.reset(seed=0)
    noop = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)
    ends = [env.step(noop)[2:4] for _ in range(80)]
    assert ends[:-1] == [(False, False)] * 79 and ends[-1] == (False, True)


def test_observations_are_as_promised():
    env = make(TABLETOP)
    obs, info = env.reset(seed=0)
    assert obs["image"].dtype == np.uint8 and obs["image"].shape == (256, 256, 3)
    assert obs["state"].dtype == np.float32 and obs["state"].shape == (len(env.robot_spec.state_layout),)
    assert {"instruction", "scenario", "success", "success_once", "grasped", "consecutive_grasp"} <= set(info)
    assert np.std(obs["image"]) > 20


def test_potential_reward_sums_to_the_potential():
    from vlagen_bench.policies.expert.policy import Expert

    env, expert = make("VLAGen/TabletopPutOn-Nominal-v1", reward="potential"), Expert()
    obs, info = env.reset(seed=0)
    expert.attach(env._sim)
    expert.reset([info["scenario"]["id"]])
    total, ended = 0.0, False
    while not ended:
        obs, reward, terminated, truncated, info = env.step(expert.act(obs, info["instruction"]))
        total, ended = total + reward, terminated or truncated
    assert info["success"] and total == pytest.approx(1.0 + 0.1 * info["grasped"] + 0.1 * info["consecutive_grasp"])


@pytest.mark.filterwarnings("ignore:.*The environment is being initialised with render_mode")  # Gymnasium, before us
@pytest.mark.parametrize("arguments", [{"render_mode": "ansi"}, {"reward": "dense"}])
def test_wrong_arguments_are_refused(arguments):
    with pytest.raises((ConfigError, gym.error.Error)):
        gym.make(TABLETOP, **arguments)
