"""The axis robot_pose, of robots that are not ours."""

from dataclasses import replace

import numpy as np
import pytest

from vlagen_bench import axes, tasks
from vlagen_bench.axes import AXES
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog


def test_the_pose_of_a_robot_whose_tool_nobody_names_is_a_sentence_and_one_that_moves_in_a_plane_is_bent():
    task = catalog.task("tabletop_put_on")
    draft = tasks.draft(task, {})
    made = axes.make("robot_pose", dict(axes.variant("robot_pose", "3")), "a test")
    robot = replace(draft.scene.robot, name="so100")
    with pytest.raises(ConfigError, match="which way the joints of the robot so100 raise its tool is not known"):
        made.sample(np.random.RandomState(0), replace(draft, scene=replace(draft.scene, robot=robot)))
    flat = replace(draft.scene, robot=replace(robot, rise_m_rad=(0.0, 0.0)))
    offsets = made.sample(np.random.RandomState(0), replace(draft, scene=flat))
    assert np.linalg.norm(offsets) == pytest.approx(AXES.get("robot_pose").levels[2], abs=1e-5)
