"""Files of Stable-Baselines3 that were trained on the state of a task of ManiSkill."""

import gymnasium as gym
import numpy as np
import pytest

import vlagen_bench
from vlagen_bench.errors import PolicyError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies import base
from vlagen_bench.runs.actions import read_actions
from vlagen_bench.sim.backends import simulator_of

TASK = "PushCube-v1"
GIVEN = {"obs_mode": "state"}


class State(gym.Env):
    """The spaces of PushCube with `obs_mode="state"`, without a simulator."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (35,), np.float32)
    action_space = gym.spaces.Box(-1, 1, (8,), np.float32)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A policy that has learned nothing yet, and its file."""
    ppo = pytest.importorskip("stable_baselines3").PPO
    model = ppo("MlpPolicy", State(), n_steps=8, batch_size=8, device="cpu", seed=0)
    path = tmp_path_factory.mktemp("trained") / "push.zip"
    model.save(path)
    return model, path


def test_a_policy_of_a_tasks_state_is_an_oracle_and_says_how_many_numbers_its_actions_have(trained):
    loaded = base.load(f"sb3:{trained[1]}", GIVEN)
    assert loaded.privileged and loaded.policy.spec["action_dim"] == 8
    assert loaded.policy.spec["version"] == loaded.content().version
    assert loaded.shown_arguments["obs_mode"] == "state"


def test_a_file_whose_learning_rate_is_a_function_of_the_progress_is_read_without_it(trained, tmp_path):
    model, _ = trained
    also = type(model)(
        "MlpPolicy", State(), n_steps=8, batch_size=8, learning_rate=lambda left: 3e-4 * left, device="cpu", seed=0
    )
    also.save(tmp_path / "push.zip")
    assert base.load(f"sb3:{tmp_path / 'push.zip'}", GIVEN).policy.spec["action_dim"] == 8


def test_without_the_argument_it_is_refused_with_the_way_to_play_it(trained):
    with pytest.raises(
        PolicyError, match=r"not with 7 numbers\. Trained on the state of a task of ManiSkill: obs_mode=state"
    ):
        base.load(f"sb3:{trained[1]}", {})
    with pytest.raises(PolicyError, match=r"actions says how .* are converted, but with obs_mode=state nothing is"):
        base.load(f"sb3:{trained[1]}", GIVEN | {"actions": "metric"})
    with pytest.raises(PolicyError, match=r"obs_mode: .*'rgb'.*state"):
        base.load(f"sb3:{trained[1]}", {"obs_mode": "rgb"})


def test_it_plays_no_scene_of_this_package_and_nothing_where_the_simulator_is_not(trained):
    policy = base.load(f"sb3:{trained[1]}", GIVEN).policy
    with pytest.raises(PolicyError, match="obs_mode=state is for tasks of ManiSkill"):
        policy.attach(object())
    with pytest.raises(PolicyError, match="reads the simulator, which is not here"):
        policy.act({"state": np.zeros(18, np.float32)}, "push")


@pytest.mark.sim
@pytest.mark.slow
def test_the_state_is_that_of_the_untouched_task_bit_for_bit():
    import mani_skill.envs  # noqa: F401 - it registers the tasks

    episode, _ = plan.sample(catalog.task(TASK), "nominal", index=0, seed=0)
    ours = simulator_of(catalog.task(TASK), drawn=False)
    theirs = gym.make("PushCube-v1", obs_mode="state", render_backend="none")
    ours.reset(episode)
    shown, _ = theirs.reset(seed=episode.values["start"]["seed"], options={"reconfigure": True})
    for action in np.random.RandomState(0).uniform(-1, 1, (3, 8)).astype(np.float32):
        assert ours.task_state().dtype == np.float32
        np.testing.assert_array_equal(ours.task_state(), shown[0].numpy())
        ours.advance(action)
        shown = theirs.step(action)[0]


@pytest.mark.sim
@pytest.mark.slow
def test_the_state_comes_as_late_as_pictures_do():
    task = catalog.task(TASK)
    late, twin = plan.sample(task, "observation_delay_l3", index=0, seed=0)
    actions = np.random.RandomState(0).uniform(-1, 1, (6, 8)).astype(np.float32)
    seen = {}
    for episode in (late, twin):
        sim = simulator_of(task, drawn=False)
        sim.reset(episode)
        seen[episode.condition] = [sim.task_state()]
        for action in actions:
            sim.advance(action)
            seen[episode.condition].append(sim.task_state())
    delay = late.values["observation_delay"]
    steps = delay if isinstance(delay, int) else delay["steps"]
    assert 0 < steps <= 6
    shown, true = seen[late.condition], seen[twin.condition]
    for step in range(7):
        np.testing.assert_array_equal(shown[step], true[max(0, step - steps)])


@pytest.mark.sim
@pytest.mark.slow
def test_a_file_is_scored_on_the_task_by_its_state(trained, tmp_path):
    model, path = trained
    run = vlagen_bench.evaluate(
        f"sb3:{path}",
        task=TASK,
        conditions=["nominal"],
        episodes=1,
        out=tmp_path / "run",
        video="none",
        policy_args=GIVEN,
    )
    assert run.header["oracle"] and run.header["policy"]["arguments"]["obs_mode"] == "state"
    assert run.episodes.outcome.tolist() == ["failure"]
    recorded, _ = read_actions(tmp_path / "run", run.episodes.index[0])
    sim = simulator_of(catalog.task(TASK), drawn=False)
    sim.reset(plan.sample(catalog.task(TASK), "nominal", index=0, seed=run.header["seed"])[0])
    for action in recorded[:3]:
        np.testing.assert_allclose(action, model.predict(sim.task_state(), deterministic=True)[0], atol=1e-6)
        sim.advance(action)
