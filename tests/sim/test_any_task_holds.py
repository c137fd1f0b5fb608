"""What happens without a policy: robots that wait for a late action stand still, and no axis solves a task by itself."""

import gymnasium
import numpy as np
import pytest

from helpers.outside import forgotten
from helpers.own_task import SOURCE
from vlagen_bench.envs.perturbed import perturb
from vlagen_bench.errors import ConfigError
from vlagen_bench.sim.maniskill.any_task import scout
from vlagen_bench.sim.maniskill.any_task.robot_verbs import hold_action
from vlagen_bench.utils import plugins

pytestmark = [pytest.mark.sim, pytest.mark.slow]
MODES = (
    "pd_joint_pos",
    "pd_joint_pos_vel",
    "pd_joint_delta_pos",
    "pd_joint_delta_pos_vel",
    "pd_joint_vel",
    "pd_ee_delta_pose",
)


@pytest.mark.parametrize("mode", MODES)
def test_a_robot_to_which_no_action_has_come_stands_still(mode):
    env = gymnasium.make(
        "mani_skill.envs:PushCube-v1",
        obs_mode="state",
        control_mode=mode,
        render_backend="none",
        robot_init_qpos_noise=0.1,
    )
    env.reset(seed=0)
    robot = env.unwrapped.agent.robot
    before, hold = robot.qpos[0].numpy().copy(), hold_action(env.unwrapped)
    for _ in range(5):
        env.step(hold)
    assert np.abs(robot.qpos[0].numpy() - before).max() < 0.02
    env.close()


def test_an_axis_that_a_task_takes_for_success_is_refused(tmp_path):
    """The task remembers where its puck began, and is done as soon as it lies elsewhere."""
    began = "self.puck.set_pose(Pose.create_from_pq(xyz))\n"
    assert began in SOURCE and "self.mark.pose.p[:, :2], axis=1)" in SOURCE and "away < 0.03" in SOURCE
    relative = SOURCE.replace(began, began + "            self.began = self.puck.pose.p.clone()\n").replace(
        "self.mark.pose.p[:, :2], axis=1)", "self.began[:, :2], axis=1)"
    )
    file = tmp_path / "moved_puck.py"
    file.write_text(relative.replace("SlidePuck", "MovedPuck").replace("away < 0.03", "away > 0.03"))
    with forgotten():
        plugins.include(file)
        perturb("MovedPuck-v1", {"mass": 3}, obs_mode="state", reward_mode="sparse")
        for axis in ("object_position", "reposition"):
            with pytest.raises(ConfigError, match="without a policy, and not in its clean twin"):
                perturb("MovedPuck-v1", {axis: 5}, obs_mode="state", reward_mode="sparse")


def test_a_task_that_touches_what_is_only_there_when_it_is_drawn_is_looked_at_all_the_same():
    environment = scout._environment("PushT-v1", "{}")
    assert environment.unwrapped.backend.render_device is not None
