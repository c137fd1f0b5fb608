"""Robots with decimated meshes: the same physics, nearly the same pictures, in a third of the time at the most."""

import time
from pathlib import Path
from xml.etree import ElementTree

import mani_skill
import numpy as np
import pytest
import trimesh

from helpers.runs import TASK
from vlagen_bench.envs.perturbed import perturb
from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.evaluate import Evaluation, evaluate
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import native, specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.maniskill.any_task import looking
from vlagen_bench.sim.robot_files import simplified

NAME, SEED = "PickCube-v1", 3
"""of the listed tasks one whose pictures are quickest anyway: what is drawn beside the robot weighs most there"""
ANY_DIFFERENCE, LARGE_DIFFERENCE = 8, 32
"""of 255"""


def drawn(fast):
    """The first picture, the hash of the state, and the least time of the processor for a picture."""
    env = perturb(NAME, {}, obs_mode="rgb", reward_mode="none", fast_meshes=fast)
    observation, _ = env.reset(seed=SEED)
    raw, seconds = env.unwrapped, []
    for _ in range(10):
        begin = time.process_time()
        raw.scene.update_render()
        raw._get_obs_sensor_data()
        seconds.append(time.process_time() - begin)
    picture = observation["sensor_data"]["base_camera"]["rgb"][0].cpu().numpy().astype(int)
    found = picture, looking.state_hash(raw), min(seconds)
    env.close()
    return found


@pytest.mark.sim
@pytest.mark.slow
def test_pictures_are_three_times_faster_and_differ_in_few_pixels_and_the_state_in_none():
    picture, state, slow_s = drawn(False)
    other, same_state, fast_s = drawn(True)
    assert state == same_state
    assert slow_s > 3 * fast_s
    apart = np.abs(picture - other).max(axis=-1)
    assert (apart > ANY_DIFFERENCE).mean() < 0.03
    assert 0 < (apart > LARGE_DIFFERENCE).mean() < 0.01


@pytest.mark.parametrize("name", ["panda_v2", "panda_v3", "panda_stick"])
def test_every_robot_of_the_listed_tasks_has_few_faces_left(name):

    file = simplified(Path(mani_skill.__file__).parent / "assets/robots/panda" / f"{name}.urdf", native.FAST_MESHES)
    meshes = [mesh.get("filename") for visual in ElementTree.parse(file).iter("visual") for mesh in visual.iter("mesh")]
    faces = sum(len(part.faces) for mesh in meshes for part in trimesh.load_scene(file.parent / mesh).dump())
    assert 2000 < faces < 25_000  # of 155,000 to 581,000


def test_the_choice_is_part_of_the_scene_that_a_header_tells_of():
    of_task = catalog.task(NAME)
    choice = CameraChoice(fast_meshes=True)
    assert choice != CameraChoice()
    assert specs.of_task(of_task, choice).robot.simplify_to == native.FAST_MESHES
    assert specs.of_task(of_task).robot.simplify_to is None


def test_it_is_refused_where_there_is_no_task_of_maniskill(tmp_path):
    of_tabletop = plan.make_plan(plan.select(catalog.suite("quick"), conditions=("nominal",), episodes=1, seed=None))
    assert of_tabletop.suite.task == TASK.name
    wanted = Evaluation(plan=of_tabletop, path=tmp_path / "run", fast_meshes=True)
    with pytest.raises(ConfigError, match="--fast-meshes is for tasks of ManiSkill"):
        evaluate(wanted, lambda: None, None)
