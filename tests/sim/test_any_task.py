"""Tasks of ManiSkill, and a user's own, under the axes, with no change to them."""

import subprocess
import sys
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
import sapien

from helpers.outside import forgotten
from helpers.own_task import SOURCE
from helpers.places import TOP
from vlagen_bench.envs.perturbed import perturb
from vlagen_bench.errors import AssetError, ConfigError, UnknownName, VlagenError
from vlagen_bench.harness.env_runner import EnvRunner
from vlagen_bench.harness.replay import play
from vlagen_bench.plan import catalog, native_tasks, plan
from vlagen_bench.sim.backends import simulator_of
from vlagen_bench.sim.maniskill.any_task import looking
from vlagen_bench.sim.maniskill.any_task.effect import Trial
from vlagen_bench.sim.maniskill.any_task.entries import entry
from vlagen_bench.sim.maniskill.any_task.scene import OtherStart
from vlagen_bench.utils import plugins

pytestmark = [pytest.mark.sim, pytest.mark.slow]


@pytest.fixture(scope="module")
def own_task(tmp_path_factory):
    """The id of a user's own task, whose file is included."""
    file = tmp_path_factory.mktemp("own") / "slide_puck.py"
    file.write_text(SOURCE)
    with forgotten():
        plugins.include(file)
        yield "SlidePuck-v1"


@pytest.mark.parametrize("name", ["PickCube-v1"])
def test_with_nothing_asked_for_it_is_the_untouched_task_bit_for_bit(name):
    done = subprocess.run(
        [sys.executable, str(TOP / "scripts" / "nominal_equality.py"), "--steps", "2", name],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}: equal" in done.stdout


def test_an_episode_is_played_the_same_by_the_simulator_that_draws_nothing(own_task):
    task = catalog.task(own_task)
    episode, _ = plan.sample(task, "action_noise_l3", index=0, seed=0)
    actions = np.random.RandomState(0).uniform(-1, 1, (4, 8)).astype(np.float32)
    hashes = [
        play(EnvRunner(simulator_of(task, drawn=drawn), task), episode, actions).state_hashes for drawn in (True, False)
    ]
    assert hashes[0] == hashes[1]
    assert len(set(hashes[0])) == 5


def test_a_task_that_resets_otherwise_than_it_was_planned_is_refused(own_task):
    task = catalog.task(own_task)
    episode, _ = plan.sample(task, "mass_l1", index=0, seed=0)
    other = {**episode.values, "start": {**episode.values["start"], "hash": "0" * 16}}
    with pytest.raises(OtherStart, match="resets to another state"):
        simulator_of(task, drawn=False).reset(replace(episode, values=other))


def test_a_task_without_a_card_is_looked_at_and_says_so(own_task):
    task = catalog.task(own_task)
    assert task.native.source is None or task.native.source == "puck"
    episode, _ = plan.sample(task, "mass_l1", index=0, seed=0)
    assert episode.values["start"]["names"] == {"source": "puck"}
    assert "found by looking (puck" in native_tasks.remarks(task)[0]
    assert episode.instruction == "slide puck"


def test_an_axis_that_changes_nothing_is_an_error(own_task):
    task = catalog.task(own_task)
    episode, twin = plan.sample(task, "mass_l1", index=0, seed=0)
    trial = Trial(task)
    assert trial.effect(episode, twin) == "physics"
    with pytest.raises(ConfigError, match="changes no bit of the physics, no pixel and no word"):
        trial.require(replace(episode, values=twin.values, condition="in_vain"), twin)


def test_a_perturbed_task_is_the_task_in_all_but_the_axis(own_task):
    bright, plain = (perturb(own_task, axes, obs_mode="rgb", reward_mode="sparse") for axes in ({"exposure": 5}, {}))
    seen, said = bright.reset(seed=3)
    own, _ = plain.reset(seed=3)
    assert said["vlagen"]["scenario"]["values"]["exposure"] != 0
    assert (seen["sensor_data"]["front"]["rgb"] != own["sensor_data"]["front"]["rgb"]).any()
    assert (seen["agent"]["qpos"] == own["agent"]["qpos"]).all()
    assert bright.observation_space == plain.observation_space and bright.action_space == plain.action_space


def test_a_task_that_is_done_at_the_start_and_draws_where_it_places_things_is_played_all_the_same(tmp_path):
    placed = "xyz[:, :2] = torch.rand((len(env_idx), 2)) * 0.1 - 0.1"
    assert placed in SOURCE
    drawn = SOURCE.replace("SlidePuck", "DonePuck").replace(placed, "xyz[:, :2] = 0.1 + random.uniform(-0.01, 0.01)")
    file = tmp_path / "done_puck.py"
    file.write_text(drawn.replace("import sapien\n", "import random\n\nimport sapien\n", 1))
    with forgotten():
        plugins.include(file)
        task = catalog.task("DonePuck-v1")
        episode, _ = plan.sample(task, "mass_l1", index=0, seed=0)
        simulator = simulator_of(task, drawn=False)
        begun = simulator.reset(episode)
        after = simulator.advance(np.zeros(8, np.float32))
    assert begun.solved_already and not begun.success
    assert after.success and after.first_success_step == 1


def test_a_scene_that_was_used_before_is_refused(own_task):
    env = perturb(own_task, {"mass": 3}, obs_mode="state", reward_mode="sparse")
    env.reset(seed=3)
    with pytest.raises(ConfigError, match="reconfigure=False keeps the scene"):
        env.reset(seed=3, options={"reconfigure": False})


def test_physics_on_a_gpu_is_refused_and_pictures_that_nobody_sees_are_told(own_task, caplog):
    with pytest.raises(ConfigError, match="sim_backend='gpu': episodes are played by physics on the CPU"):
        perturb(own_task, {}, sim_backend="gpu")
    with pytest.raises(ConfigError, match="sim_backend='gpu': episodes are played by physics on the CPU"):
        catalog.task('PickCube-v1{"sim_backend":"gpu"}')
    with pytest.raises(ConfigError, match="has arguments that are no JSON"):
        catalog.task("PickCube-v1{sim_backend}")
    perturb(own_task, {"exposure": 3}, obs_mode="state", reward_mode="sparse")
    assert "observations of obs_mode='state' have none" in caplog.text


# ManiSkill 3.0.1 warns of robots that a task does not list by a method of `logging` that is deprecated.
@pytest.mark.filterwarnings("ignore:The 'warn' method is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "wrong", [{"control_mode": "pd_foo"}, {"robot_uids": "pandah"}, {"robot_uids": "none"}, {"no_such": 3}]
)
def test_what_a_task_cannot_be_made_with_is_a_sentence(wrong):
    with pytest.raises(ConfigError, match=r"The task PickCube-v1 cannot be made with") as raised:
        perturb("PickCube-v1", {}, **wrong)
    assert "\n" not in str(raised.value) and next(iter(wrong)) in str(raised.value)


def test_a_robot_whose_files_are_not_here_is_a_sentence_and_no_question(monkeypatch):
    from mani_skill.agents.robots import Panda

    monkeypatch.setattr(Panda, "urdf_path", "no/such/robot.urdf")
    with pytest.raises(AssetError, match=r"files of panda are not here\. Download them: .*download_asset panda"):
        perturb("PickCube-v1", {}, robot_init_qpos_noise=0.021)


def test_axes_that_are_no_mapping_and_seeds_that_are_none_are_sentences(own_task):
    with pytest.raises(ConfigError, match="give a mapping of axes to levels"):
        perturb(own_task, ["lighting"])
    for wrong in ({3: 3}, [], "mass"):
        with pytest.raises(ConfigError, match="give a mapping of axes to levels"):
            perturb(own_task, wrong)
    for wrong in ({"factor": float("nan")}, {"factor": float("inf")}):
        with pytest.raises(ConfigError, match="mass"):
            perturb(own_task, {"mass": wrong})
    for wrong in (3, None):
        with pytest.raises(ConfigError, match="is named by its id"):
            perturb(wrong)
    with pytest.raises(ConfigError, match="cannot be imported"):
        perturb(":")
    for wrong in ("5", 0, -1, True):
        with pytest.raises(ConfigError, match="max_episode_steps"):
            perturb(own_task, max_episode_steps=wrong)
    with pytest.raises(ConfigError, match="give True or False"):
        perturb(own_task, fast_meshes="yes")
    env = perturb(own_task, {}, obs_mode="state", reward_mode="sparse")
    for seed in (-1, "a", 1.5):
        with pytest.raises(ConfigError, match="give a whole number"):
            env.reset(seed=seed)
    with pytest.raises(ConfigError, match="give a mapping"):
        env.reset(options=[1])
    env.reset(seed=[])
    other = perturb(own_task, {}, obs_mode="state", reward_mode="sparse", control_mode="pd_joint_pos")
    other.reset(seed=1)
    with pytest.raises(ConfigError, match="Robot, control mode and other arguments are a part of a task"):
        env.reset(options={"episode": other.episode.to_dict()})


def test_a_task_that_does_not_exist_is_named_with_the_nearest_one():
    with pytest.raises(UnknownName, match="StackCube-v1"):
        catalog.task("StackCubes-v1")


def test_an_argument_that_an_episode_cannot_hold_is_refused():
    with pytest.raises(VlagenError, match="plain values"):
        perturb("PickCube-v1", {}, sensor_configs={"pose": object()})


def test_a_class_is_a_task_too(own_task):
    task = entry(own_task).cls
    unregistered = type("Unregistered", (task,), {"__module__": task.__module__})
    env = perturb(unregistered, obs_mode="state", reward_mode="sparse")
    observation, info = env.reset(seed=1)
    assert observation.shape[0] == 1
    assert info["vlagen"]["scenario"]["values"]["start"]["names"] == {"source": "puck"}


@pytest.mark.parametrize("name", ["PushCube-v1", "PokeCube-v1"])
def test_no_axis_puts_the_source_where_the_task_is_done(name):
    """PushCube is done within 0.1 m of its target, a site without a body: its own size says nothing of that."""
    task = catalog.task(name)
    for index in range(6):
        episode, _ = plan.sample(task, "object_position_l3", index=index, seed=0)
        away_m = np.subtract(episode.values["object_position"]["xy_m"], episode.values["start"]["target"])
        assert np.linalg.norm(away_m) >= task.native.clear_m > 0


def test_a_source_of_another_size_takes_spawn_and_success_with_it_and_leaves_the_next_episode_alone():
    """PushCube is done only while its cube is no higher than its own half, so that a larger cube needs the larger half."""
    task = catalog.task("PushCube-v1")
    pairs = (plan.sample(task, "object_size_l5", index=index, seed=0) for index in range(20))
    episode, twin = next(pair for pair in pairs if pair[0].values["object_size"] > 1)
    simulator = simulator_of(task, drawn=False)
    simulator.reset(episode)
    env, half_m = simulator.env, 0.02 * episode.values["object_size"]
    assert looking.extents_m(env.obj) == pytest.approx([2 * half_m] * 3, abs=1e-4)
    assert simulator.source_m[2] == pytest.approx(half_m) and half_m > 0.02 + 5e-3
    env.obj.set_pose(sapien.Pose([*env.goal_region.pose.sp.p[:2], half_m]))
    assert env.evaluate()["success"].item()
    simulator.reset(twin)
    assert looking.extents_m(env.obj) == pytest.approx([0.04] * 3, abs=1e-4)
    start = {**episode.values["start"], "hash": "0" * 16}
    with pytest.raises(OtherStart, match="resets to another state"):
        simulator.reset(replace(episode, values={**episode.values, "start": start}))


def test_parameters_of_ones_own_are_a_condition_and_wrong_ones_are_named(own_task):
    env = perturb(own_task, {"mass": {"factor": 2.5}}, obs_mode="state", reward_mode="sparse")
    _, info = env.reset(seed=3)
    assert info["vlagen"]["scenario"]["values"]["mass"] == 2.5 and env.condition == "mass(factor=2.5)"
    with pytest.raises(ConfigError, match=r"perturb: mass: There is no key 'ratio'\. There are: factor"):
        perturb(own_task, {"mass": {"ratio": 2.5}})
    with pytest.raises(ConfigError, match=r"object makes no sense in the task SlidePuck-v1 .*chosen by its own code"):
        perturb(own_task, {"object": {"split": "test"}})


def test_gymnasium_makes_the_same_environment_again_from_its_spec(own_task):
    env = perturb(own_task, {"object_position": 3, "mass": 5}, obs_mode="state", reward_mode="sparse")
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert type(again) is type(env) and again.spec == env.spec
    (one, _), (other, _) = (made.reset(seed=4) for made in (env, again))
    assert (one == other).all()
