"""The bridge scene equals the official evaluation, bit for bit: every record at full precision is replayed.

Each record is the first reset of a new official environment. One thing came before it in its world: the episode that
ManiSkill's constructor plays. Where that changed the solver's rounding, the figures that depend on it are named here;
all other figures of the same record are held to equality.
"""

import json

import numpy as np
import pytest
from PIL import Image

from helpers.places import TOP
from vlagen_bench.plan import catalog, plan
from vlagen_bench.sim.simulator import Simulator

pytestmark = [pytest.mark.sim, pytest.mark.bridge]

RECORDS = TOP.parent / "shared" / "golden_eval"
TASK = catalog.task("bridge_put_on")
SETTINGS = list(TASK.condition_names())
WHOLE = ["in_distribution", "unseen_objects", "unseen_receptacles", "multi_object_unseen"]
WHOLE += ["multi_receptacle_unseen", "unseen_robot_pose", "unseen_table", "reposition"]

RESTS_ELSEWHERE = {("frames", "noise_strong", 0), ("episodes", "unseen_objects", 0), ("episodes", "unseen_objects", 1)}
"""records whose things came to rest elsewhere after the constructor's episode: their objects are not compared"""
LEAVES_AFTER = {
    ("in_distribution", 0): 15,
    ("in_distribution", 1): 15,
    ("unseen_objects", 0): 10,
    ("unseen_objects", 1): 8,
    ("unseen_robot_pose", 1): 14,
    ("unseen_table", 0): 14,
}
"""whole episodes that leave the record in the grasp -> steps before that; with nothing before them in their world, the
official classes give what is given here in all 80 steps"""
OTHER_ROOT = {("unseen_receptacles", 0): 3e-7}
"""records whose first target has another last bit: PyTorch's square root there was not the nearest single -> rad"""
OTHER_PIXELS = {
    "texture_weak": 10,
    "texture_strong": 100,
    "noise_strong": 15,
    "multi_object_seen": 1,
    "multi_receptacle_unseen": 2,
    "unseen_objects": 1,
}
"""settings of which a frame is not equal in every pixel -> how many of its 307,200 differ at most"""


def records(kind, setting):
    return list(enumerate(json.loads((RECORDS / kind / f"{setting}.json").read_text())))


def frames(setting, k):
    first = np.asarray(Image.open(RECORDS / "frames" / f"{setting}_{k}_t0.webp").convert("RGB"))
    over = np.asarray(Image.open(RECORDS / "frames" / f"{setting}_{k}_t12_over_t0.webp").convert("RGBA"))
    return first, np.where(over[..., 3:] > 0, over[..., :3], first)


def qpos(sim):
    return np.asarray(sim.world.robot.get_qpos(), dtype=np.float32)


def same(got, recorded):
    return np.array_equal(np.asarray(got, dtype=np.float32), np.array(recorded, dtype=np.float32))


def same_objects(sim, recorded):
    assert {body.model.id for body in sim.world.bodies.values()} == set(recorded)
    for body in sim.world.bodies.values():
        want = np.array(recorded[body.model.id], dtype=np.float32)
        quat = np.asarray(body.quat_wxyz)  # a quaternion and its negative are the same turn
        if not same(body.position_m, want[:3]) or not (same(quat, want[3:]) or same(-quat, want[3:])):
            return False
    return True


def others(status, info):
    """The official flags that are not as recorded."""
    ours = {"is_src_obj_grasped": status.grasped, "consecutive_grasp": status.consecutive_grasp}
    ours |= {"src_on_target": status.placed, "success": status.success}
    return [name for name, value in ours.items() if value != info[name]]


def starts_as_recorded(sim, kind, setting, k, record):
    sim.reset(plan.official(TASK, setting, record["episode_id"]))
    assert sim.instruction == record["instruction"]
    assert same(qpos(sim), record["reset"]["qpos"])
    assert same([*sim.arm.tool.p, *sim.arm.tool.q], record["reset"]["tcp"])
    assert same_objects(sim, record["reset"]["objects"]) != ((kind, setting, k) in RESTS_ELSEWHERE)


@pytest.fixture(scope="module")
def drawn():
    return Simulator.of(TASK)


@pytest.fixture(scope="module")
def undrawn():
    return Simulator.of(TASK, drawn=False)


@pytest.mark.parametrize("setting", SETTINGS)
def test_free_motion_and_pictures_are_the_official_ones(drawn, setting):
    for k, record in records("frames", setting):
        starts_as_recorded(drawn, "frames", setting, k, record)
        first, last = frames(setting, k)
        pixels = [(drawn.observe()["image"] != first).any(axis=-1).sum()]
        for step in record["steps"]:
            assert not others(drawn.advance(np.array(step["action"], np.float32)), step["info"])
            assert qpos(drawn) == pytest.approx(np.float32(step["qpos"]), abs=OTHER_ROOT.get((setting, k), 0), rel=0)
            assert ("frames", setting, k) in RESTS_ELSEWHERE or same_objects(drawn, step["objects"])
        pixels.append((drawn.observe()["image"] != last).any(axis=-1).sum())
        assert max(pixels) <= OTHER_PIXELS.get(setting, 0), (k, pixels)


@pytest.mark.parametrize("setting", WHOLE)
def test_whole_episodes_are_the_official_ones(undrawn, setting):
    for k, record in records("episodes", setting):
        starts_as_recorded(undrawn, "episodes", setting, k, record)
        equal, wrong = 0, 0
        for number, step in enumerate(record["steps"]):
            status = undrawn.advance(np.array(step["action"], np.float32))
            wrong += len(others(status, step["info"]))
            objects = ("episodes", setting, k) in RESTS_ELSEWHERE or same_objects(undrawn, step["objects"])
            if equal == number and objects and same(qpos(undrawn), step["qpos"]):
                equal += 1
        assert equal == LEAVES_AFTER.get((setting, k), len(record["steps"])), k
        assert wrong <= (2 if (setting, k) in LEAVES_AFTER else 0), k
        assert status.success == record["success_at_end"]
        assert status.success_once == record["success_once"]
