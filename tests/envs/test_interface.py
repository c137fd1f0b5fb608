"""What an environment shows and what its actions mean: pictures, states, privileged poses, flat arrays, shares of steps."""

import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from transforms3d.quaternions import qinverse, qmult

from vlagen_bench.envs.env import TaskEnv
from vlagen_bench.envs.interface import STATE_LIMIT, Interface
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.scenes import specs
from vlagen_bench.sim.camera import SceneCameras
from vlagen_bench.sim.vulkan import device

TABLETOP = {"task": "tabletop_put_on", "condition": "nominal"}
BRIDGE = {"task": "bridge_put_on", "condition": "in_distribution"}
SCENES = [pytest.param(TABLETOP), pytest.param(BRIDGE, marks=pytest.mark.bridge)]
LATE = {"task": "tabletop_put_on", "condition": "observation_delay_l3"}
NOOP = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)
SIDEWAYS = np.array([0, 0.02, 0, 0, 0, 0.1, 1], np.float32)
MODES = [
    {},
    {"flat": True},
    {"obs_mode": "state"},
    {"obs_mode": "state", "flat": True, "state": "privileged", "normalized_actions": True},
]


def played(env, number=4):
    """The observations of an episode's first steps, sideways."""
    return [env.reset(seed=0)[0], *(env.step(SIDEWAYS)[0] for _ in range(number))]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"obs_mode": "states"}, "Did you mean 'state'"),
        ({"obs_mod": "state"}, "The environment has no option 'obs_mod'. Did you mean 'obs_mode'"),
        ({"first_seed": "a"}, "first_seed is a whole number, not 'a'"),
        ({"state": "privilege"}, "Did you mean 'privileged'"),
        ({"flat": "yes"}, "flat is True or False, not 'yes'"),
        ({"normalized_actions": 2}, "normalized_actions is True or False, not 2"),
        ({"flat": True, "state": "privileged"}, "leaves no place for state='privileged'"),
    ],
)
def test_mistakes_are_sentences(options, says):
    with pytest.raises(ConfigError, match=says):
        TaskEnv(**TABLETOP, **options)


def test_no_picture_is_twice_in_the_observation_space():
    space = TaskEnv(**TABLETOP).observation_space
    assert set(space) == {"image", "state"}
    assert all(isinstance(part, gym.spaces.Box) for part in space.values()), "Stable-Baselines3 takes no nested Dict"


def test_a_flat_observation_is_the_picture_or_the_state():
    image, state = (TaskEnv(**TABLETOP, flat=True, obs_mode=mode).observation_space for mode in ("image", "state"))
    assert (image.shape, image.dtype) == ((256, 256, 3), np.uint8)
    assert (state.shape, state.dtype) == ((15,), np.float32)


@pytest.mark.sim
@pytest.mark.parametrize("options", MODES)
def test_check_env_finds_nothing_in_any_mode(options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(TaskEnv(**TABLETOP, **options), skip_render_check=True)


@pytest.mark.sim
@pytest.mark.parametrize("where", SCENES)
def test_state_mode_needs_no_renderer_and_plays_the_same(where, monkeypatch):
    seen = played(TaskEnv(**where))

    def refuse():
        raise AssertionError("a renderer was made")

    monkeypatch.setattr(device, "new_render_system", refuse)
    felt = played(TaskEnv(**where, obs_mode="state"))
    assert all(set(obs) == {"state"} for obs in felt)
    np.testing.assert_array_equal([obs["state"] for obs in felt], [obs["state"] for obs in seen])


@pytest.mark.sim
def test_state_mode_draws_only_what_render_asks_for(monkeypatch):
    looks = []
    look = SceneCameras.look
    monkeypatch.setattr(SceneCameras, "look", lambda self, step: looks.append(step) or look(self, step))
    env = TaskEnv(**TABLETOP, obs_mode="state", render_mode="rgb_array")
    played(env)
    assert not looks
    assert env.render().shape == (256, 256, 3) and env.render().std() > 20
    assert looks == [4]


@pytest.mark.sim
def test_late_observations_are_as_late_in_state_mode():
    seen, felt = played(TaskEnv(**LATE)), played(TaskEnv(**LATE, obs_mode="state"))
    np.testing.assert_array_equal([obs["state"] for obs in felt], [obs["state"] for obs in seen])
    live = played(TaskEnv(**TABLETOP, obs_mode="state"))
    assert not np.array_equal(felt[-1]["state"], live[-1]["state"]), "nothing is late in this condition"


@pytest.mark.sim
@pytest.mark.parametrize("where", SCENES)
def test_a_privileged_state_ends_with_the_poses_of_the_things(where):
    env, plain = TaskEnv(**where, state="privileged"), TaskEnv(**where)
    obs, _ = env.reset(seed=0)
    layout = env.state_layout
    assert env.privileged and env.metadata["privileged"]
    assert not plain.privileged and not plain.metadata["privileged"]
    assert layout[: len(plain.state_layout)] == env.robot_spec.state_layout == plain.state_layout
    assert not any("privileged" in name for name in plain.state_layout)
    assert len(layout) == len(obs["state"]) == len(plain.state_layout) + 14
    named = dict(zip(layout, obs["state"], strict=True))
    base = env._sim.world.robot.pose
    for role in ("source", "target"):
        x, y, z = (named[f"privileged_{role}_{axis}_m_base_frame"] for axis in "xyz")
        there = (base * type(base)([x, y, z])).p
        np.testing.assert_allclose(there, env._sim.body(role).position_m, atol=1e-6)
        quat = [named[f"privileged_{role}_q{part}_base_frame"] for part in "wxyz"]
        assert abs(qmult(base.q, quat) @ env._sim.body(role).quat_wxyz) == pytest.approx(1, abs=1e-5)


@pytest.mark.sim
def test_a_privileged_state_has_the_things_that_the_task_is_about():
    env = TaskEnv(task="tabletop_pick_up", condition="nominal", obs_mode="state", state="privileged")
    obs, info = env.reset(seed=0)
    roles = {name.split("_")[1] for name in env.state_layout if name.startswith("privileged_")}
    assert roles == {"source"} and obs in env.observation_space and info["first_success_step"] == -1


def test_what_has_fallen_far_stays_in_the_space():
    task = catalog.task("tabletop_put_on")
    interface = Interface.of(task, specs.scene("tabletop"), obs_mode="state", state="privileged")
    robot = np.zeros(15, np.float32)
    obs = interface.observation(image=None, state=robot, things=np.full(14, -1e4, np.float32))
    assert obs in interface.observation_space and obs["state"].min() == -STATE_LIMIT


@pytest.mark.sim
@pytest.mark.parametrize("where", SCENES)
@pytest.mark.parametrize("axis", range(6))
def test_a_normalised_action_of_one_moves_the_tool_by_the_robots_step(where, axis):
    env = TaskEnv(**where, obs_mode="state", normalized_actions=True)
    env.reset(seed=0)
    start = env._sim.arm.tool_in_base
    action = NOOP.copy()
    action[axis] = 1.0
    for told in (action, *[NOOP] * 8):  # the drives take some steps to get there
        env.step(told)
    end = env._sim.arm.tool_in_base
    if axis < 3:
        way_m = np.zeros(3)
        way_m[axis] = env.robot_spec.action_step_m
        np.testing.assert_allclose(end.p - start.p, way_m, atol=0.1 * env.robot_spec.action_step_m)
    else:
        turn = qmult(end.q, qinverse(start.q))
        vector = 2 * turn[1:] * np.sign(turn[0])
        way_rad = np.zeros(3)
        way_rad[axis - 3] = env.robot_spec.action_step_rad
        np.testing.assert_allclose(vector, way_rad, atol=0.1 * env.robot_spec.action_step_rad)


def test_only_normalised_actions_are_scaled_and_clipped():
    task, scene = catalog.task("tabletop_put_on"), specs.scene("tabletop")
    wild = np.array([2, -2, 0.5, 1, 0, -3, 5], np.float32)
    raw = Interface.of(task, scene, normalized_actions=True).raw(wild)
    np.testing.assert_allclose(raw, [0.04, -0.04, 0.02, 0.2, 0, -0.2, 1], rtol=1e-6)
    np.testing.assert_array_equal(Interface.of(task, scene).raw(wild), wild)


@pytest.mark.sim
def test_actions_beyond_the_arm_are_counted_and_said_once(caplog):
    env = gym.make("VLAGen/TabletopPutOn-Nominal-v1", obs_mode="state").unwrapped
    metres = np.full(7, 0.9, np.float32)
    for _ in range(2):
        _, info = env.reset(seed=0)
        assert info["oversized_steps"] == 0 and info["progress"] == 0.0
        counts = [env.step(metres)[-1]["oversized_steps"] for _ in range(8)]
        assert counts == list(range(1, 9))
    (message,) = [record.getMessage() for record in caplog.records if "more than the arm can do" in record.getMessage()]
    assert "0.34 m and 0.50 rad" in message and "normalized_actions=True" in message


@pytest.mark.sim
def test_normalised_and_small_actions_are_within_the_arm(caplog):
    env = gym.make("VLAGen/TabletopPutOn-Nominal-v1", obs_mode="state", normalized_actions=True).unwrapped
    env.reset(seed=0)
    assert [env.step(np.ones(7, np.float32))[-1]["oversized_steps"] for _ in range(6)] == [0] * 6
    assert not [record for record in caplog.records if "more than the arm" in record.getMessage()]
