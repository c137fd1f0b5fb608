"""Scenes in a batch play as one alone does. On the CPU ManiSkill's batch can have a single scene."""

from types import SimpleNamespace

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import vlagen_bench
from vlagen_bench.errors import ConfigError, PolicyError
from vlagen_bench.plan import catalog

pytestmark = pytest.mark.sim

MAIN = {"task": "tabletop_put_on", "condition": "nominal", "reward": "potential"}
CPU = "physx_cpu"
NOOP = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)
SIDEWAYS = np.array([0, 0.02, 0, 0, 0, 0.1, 1], np.float32)


@pytest.fixture(scope="module")
def batched():
    """Imported here, since ManiSkill takes seconds."""
    from vlagen_bench.envs import gpu_vector

    return gpu_vector


@pytest.fixture(scope="module")
def both(batched):
    """The same environment, alone and as a batch of one."""
    from vlagen_bench.envs.env import TaskEnv

    alone, batch = TaskEnv(**MAIN), batched.GpuVectorEnv(**MAIN, num_envs=1, sim_backend=CPU)
    yield SimpleNamespace(alone=alone, batch=batch)
    batch.close()


MODES = [
    {"flat": True},
    {"image_size": "96x64"},
    {"obs_mode": "state"},
    {"obs_mode": "state", "state": "privileged", "flat": True, "normalized_actions": True},
]


@pytest.mark.slow
@pytest.mark.parametrize("options", MODES)
def test_what_is_shown_and_what_actions_mean_is_alike_in_every_mode(batched, options, monkeypatch):
    from vlagen_bench.envs.env import TaskEnv

    alone, batch = TaskEnv(**MAIN, **options), batched.GpuVectorEnv(**MAIN, num_envs=1, sim_backend=CPU, **options)
    if batch._interface.obs_mode == "state":
        monkeypatch.setattr(batch._scenes, "draw", None)
    assert batch.single_observation_space == alone.observation_space
    assert batch.metadata["privileged"] == alone.metadata["privileged"]
    alone.reset(seed=3)
    batch.reset(seed=3)
    action = np.array([0, 0.5, 0.25, 0, 0, 0.5, 1], np.float32) * (1.0 if options.get("normalized_actions") else 0.04)
    for _ in range(2):
        obs, *_ = alone.step(action)
        many, *_ = batch.step(action[None])
    assert batch.observation_space.contains(many)
    if options.get("flat"):
        obs, many = {"it": obs}, {"it": many}
    for name, value in obs.items():
        tolerance = 2 if value.dtype == np.uint8 else 3e-3
        assert np.abs(many[name][0].astype(float) - value).mean() < tolerance
    batch.close()


@pytest.mark.parametrize("seed", [0, 1])
def test_an_episode_begins_alike(both, seed):
    obs, info = both.alone.reset(seed=seed)
    many, infos = both.batch.reset(seed=seed)
    assert infos["scenario"]["id"][0] == info["scenario"]["id"]
    assert infos["instruction"][0] == info["instruction"]
    assert infos["tool_source_m"][0] == pytest.approx(info["tool_source_m"], abs=1e-5)
    assert infos["source_target_m"][0] == pytest.approx(info["source_target_m"], abs=1e-5)
    assert both.batch.observation_space.contains(many)
    np.testing.assert_allclose(many["state"][0], obs["state"], atol=1e-5)
    assert np.abs(many["image"][0].astype(int) - obs["image"]).mean() < 0.5


def test_the_expert_leads_it_to_the_same_end(both):
    from vlagen_bench.policies.expert.policy import Expert

    both.alone.reset(seed=4)
    both.batch.reset(seed=4)
    expert = Expert()
    expert.attach(both.alone._sim)
    expert.reset([])
    rewards = []
    ended = False
    while not ended:
        action = expert.act(None, "")
        obs, reward, terminated, truncated, info = both.alone.step(action)
        many, many_rewards, many_terminated, many_truncated, infos = both.batch.step(action[None])
        rewards.append((reward, many_rewards[0]))
        np.testing.assert_allclose(many["state"][0, :3], obs["state"][:3], atol=3e-3)
        ended = terminated or truncated
    assert info["success"] and terminated
    assert infos["success"][0] and many_terminated[0] and not many_truncated[0]
    np.testing.assert_allclose(*np.transpose(rewards), atol=1e-6)
    assert np.abs(many["image"][0].astype(int) - obs["image"]).mean() < 2


def test_a_target_out_of_reach_leaves_the_arm_where_it_is(both):
    obs, _ = both.batch.reset(seed=0)
    before = obs["state"][0, -7:].copy()
    for _ in range(3):
        obs, *_ = both.batch.step(np.array([[-3, 0, 0, 0, 0, 0, 1]], np.float32))
    np.testing.assert_allclose(obs["state"][0, -7:], before, atol=2e-3)


def test_wrong_actions_and_options_are_sentences(both):
    both.batch.reset(seed=0)
    with pytest.raises(ConfigError, match="2 actions were given for 1"):
        both.batch.step(np.stack([NOOP, NOOP]))
    with pytest.raises(PolicyError, match="NaN"):
        both.batch.step(np.full((1, 7), np.nan, np.float32))
    with pytest.raises(ConfigError, match="Did you mean 'reset_mask'"):
        both.batch.reset(options={"reset_masks": np.array([True])})


def test_heavy_and_slippery_models_are_loaded_so(batched):
    from vlagen_bench.sim.maniskill.start import pool_of, start_of

    task = catalog.task("tabletop_put_on")
    envs = {
        name: batched.GpuVectorEnv(task=task.name, condition=name, num_envs=1, sim_backend=CPU)
        for name in ("nominal", "mass_l3", "friction_l3")
    }
    bodies = {name: env._scenes._stock.models["pear"]._bodies[0] for name, env in envs.items()}
    assert bodies["mass_l3"].mass == pytest.approx(pool_of(task, "mass_l3").dynamics["mass"] * bodies["nominal"].mass)
    friction = {name: body.collision_shapes[0].physical_material.static_friction for name, body in bodies.items()}
    episode, _ = batched.plan.sample(task, "friction_l3", index=0, seed=0)
    settler = envs["friction_l3"]._settler
    start = start_of(settler, episode)
    assert start.source in envs["friction_l3"]._scenes._stock.models
    alone = settler.body("source").rigid.collision_shapes[0].physical_material.static_friction
    assert friction["friction_l3"] == pytest.approx(alone) and alone < friction["nominal"]


@pytest.mark.parametrize("condition", ["lighting_l3", "reposition_l3", "distractor_object_test"])
def test_what_a_batch_cannot_do_is_a_sentence(batched, condition):
    with pytest.raises(ConfigError, match=r'cannot do what the axis .* backend="processes"'):
        batched.GpuVectorEnv(task="tabletop_put_on", condition=condition, num_envs=1, sim_backend=CPU)


def test_a_photo_of_a_table_is_a_sentence(batched):
    with pytest.raises(ConfigError, match="'bridge' of bridge_put_on is a photo"):
        batched.GpuVectorEnv(task="bridge_put_on", condition="in_distribution", num_envs=1, sim_backend=CPU)


def test_no_gpu_is_a_sentence(batched, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"sees no CUDA device.*vlagen doctor"):
        vlagen_bench.make_vec("VLAGen/TabletopPutOn-Main-v1", 2, backend="gpu")


class Pair:
    """Two scenes in the form of a batch, each in a batch of its own, as the CPU can have no more."""

    def __init__(self, *, num_envs, **arguments):
        from vlagen_bench.sim.maniskill.scene import Scenes

        self._scenes = [Scenes(num_envs=1, **arguments) for _ in range(num_envs)]

    def begin(self, starts):
        for row, start in starts.items():
            self._scenes[row].begin({0: start})

    def advance(self, actions):
        for scene, action in zip(self._scenes, actions, strict=True):
            scene.advance(action[None])

    def measure(self):
        parts = [vars(scene.measure()) for scene in self._scenes]
        return SimpleNamespace(**{name: np.concatenate([part[name] for part in parts], axis=-2) for name in parts[0]})

    def draw(self):
        return np.concatenate([scene.draw() for scene in self._scenes])

    def close(self):
        for scene in self._scenes:
            scene.close()


@pytest.fixture(scope="module")
def pair(batched):
    """An environment of two scenes, whose episodes take two steps."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batched, "Scenes", Pair)
        env = batched.GpuVectorEnv(**MAIN, num_envs=2, sim_backend=CPU, max_episode_steps=2)
    yield env
    env.close()


def test_one_begins_again_while_the_other_goes_on(pair, monkeypatch):
    monkeypatch.setattr(pair, "_mode", AutoresetMode.NEXT_STEP)
    _, infos = pair.reset(seed=5)
    assert list(infos["scenario"]["seed"]) == [5, 6]
    pair.step(np.stack([SIDEWAYS, NOOP]))
    moved = pair._scenes.measure().tool[0].copy()
    _, infos = pair.reset(options={"reset_mask": np.array([False, True])})
    assert list(infos["_scenario"]) == [False, True] and infos["scenario"]["index"][1] == 1
    np.testing.assert_array_equal(pair._scenes.measure().tool[0], moved)
    _, _, _, truncated, infos = pair.step(np.stack([SIDEWAYS, NOOP]))
    assert list(truncated) == [True, False] and list(infos["steps"]) == [2, 1]
    obs, rewards, _, truncated, infos = pair.step(np.stack([SIDEWAYS, NOOP]))
    assert list(truncated) == [False, True] and list(infos["steps"]) == [0, 2] and rewards[0] == 0
    assert list(infos["scenario"]["index"]) == [1, 1]
    assert obs["state"][0, 1] == pytest.approx(0, abs=1e-4)


def test_autoreset_in_the_same_step_shows_the_last_picture_too(pair, monkeypatch):
    monkeypatch.setattr(pair, "_mode", AutoresetMode.SAME_STEP)
    pair.reset(seed=5)
    pair.step(np.stack([SIDEWAYS, SIDEWAYS]))
    obs, _, _, truncated, infos = pair.step(np.stack([SIDEWAYS, SIDEWAYS]))
    assert truncated.all() and list(infos["steps"]) == [0, 0] and list(infos["final_info"]["steps"]) == [2, 2]
    assert list(infos["scenario"]["index"]) == [1, 1] and list(infos["final_info"]["scenario"]["index"]) == [0, 0]
    assert infos["final_obs"][1]["state"][1] > 0.02 > abs(obs["state"][1, 1])
    assert infos["final_obs"][1].keys() == obs.keys()


def test_without_autoreset_one_has_to_reset(pair, monkeypatch):
    monkeypatch.setattr(pair, "_mode", AutoresetMode.DISABLED)
    pair.reset(seed=5)
    for _ in range(2):
        pair.step(np.stack([NOOP, NOOP]))
    with pytest.raises(ConfigError, match=r"reset\(\) first for environment 0"):
        pair.step(np.stack([NOOP, NOOP]))
