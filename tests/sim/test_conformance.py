"""The bridge scene does what the official environment did: every golden record is replayed.

The official environment keeps one physics world from episode to episode, and the solver's rounding depends on what the
world did before: the same official id gave another resting place in a fresh process for about a third of the records
that were made second (docs/conformance.md has the measurement). Here every episode has a world of its own, so that the
first record of each file, made by a fresh official environment, is the measure; second records are held to the same
where they do not depend on the first, and are listed here where they do.
"""

import json

import numpy as np
import pytest
from PIL import Image

from helpers.places import TOP
from vlagen_bench.plan import catalog, plan
from vlagen_bench.sim.simulator import Simulator

pytestmark = [pytest.mark.sim, pytest.mark.bridge]

GOLDEN = TOP.parent / "shared" / "golden"
TASK = catalog.task("bridge_put_on")
SETTINGS = list(TASK.condition_names())
SHORT = [(name, k) for name in SETTINGS for k in (0, 1)]

REST_ELSEWHERE = {
    "noise_strong": ("005_7up can_1", 0.02),
    "unseen_receptacles": ("006_zuchinni_1", 1e-3),
    "unseen_instructions": ("003_bread_1", 0.01),
    "multi_object_seen": ("002_kitchen shovel_1", 1e-3),
    "multi_object_unseen": ("018_pepper_1", 0.02),
    "multi_receptacle_unseen": ("013_banana_1", 0.05),
    "unseen_robot_pose": ("003_bread_1", 0.01),
}
"""settings in whose second record a thing rests elsewhere because of the first (3e-5 to 0.03 in its pose), the thing, and the
most of the picture that this changes; all else is held to the record"""
NUDGED = {"multi_receptacle_unseen": "015_manhole cover_1"}
"""what lies under or against such a thing, and moved by 1.4e-4"""
PRESSED = {
    "texture_weak",
    "noise_weak",
    "noise_strong",
    "unseen_objects",
    "unseen_receptacles",
    "unseen_instructions",
    "multi_object_unseen",
    "reposition",
}
"""settings in whose first record the arm presses on something at the end of one of the twelve steps"""
ROLLED_ELSEWHERE = {"multi_object_unseen"}
"""settings in whose first record a thing, once pressed, rolls elsewhere than in the record: this picture is not compared"""
WHOLE_DEPEND_ON_THE_EPISODE_BEFORE = {("unseen_objects", 1)}


def golden(name, k):
    stem = "train" if name == "in_distribution" else name
    return json.loads((GOLDEN / f"{stem}.json").read_text())[k], GOLDEN / f"{stem}_{k}_t0.webp"


def pose(body):
    return np.concatenate([body.position_m, body.quat_wxyz])


@pytest.fixture(scope="module")
def drawn():
    return Simulator.of(catalog.task("bridge_put_on_minimal"))  # these records were drawn with `minimal`


@pytest.fixture(scope="module")
def undrawn():
    return Simulator.of(catalog.task("bridge_put_on"), drawn=False)


@pytest.mark.parametrize(("name", "k"), SHORT)
def test_an_official_id_means_what_it_meant(name, k):
    record, _ = golden(name, k)
    values = plan.official(TASK, name, record["episode_id"]).values
    select, pack = record["select"], catalog.manifest.load("bridge")
    assert (values["object"], values["receptacle"]) == (record["source"], record["target"])
    assert values["instruction"]["text"] == record["instruction"]
    assert values["table"] == pack.tables[select["select_overlay_ids"]].id
    for axis in ("texture", "noise"):
        if axis in values:
            assert values[axis]["texture"] == pack.textures[select["select_extra_ids"]].id
    present = {values["object"], values["receptacle"]}
    present |= {values[key]["id"] for key in ("distractor_object", "distractor_receptacle") if key in values}
    assert present == set(record["reset"]["objects"])


@pytest.mark.parametrize(("name", "k"), SHORT)
def test_reset_and_first_frame_are_the_official_ones(drawn, name, k):
    record, picture = golden(name, k)
    drawn.reset(plan.official(TASK, name, record["episode_id"]))
    tcp = np.concatenate([drawn.arm.tool.p, drawn.arm.tool.q])
    assert tcp == pytest.approx(record["reset"]["tcp"], abs=1e-5)
    assert drawn.world.robot.get_qpos() == pytest.approx(record["reset"]["qpos"], abs=1e-5)
    # Only the blended texture differs, by one step in some pixels: the official code resizes it on the GPU's rules.
    elsewhere, share = REST_ELSEWHERE.get(name, (None, 1e-4)) if k == 1 else (None, 1e-4)
    for body in drawn.world.bodies.values():
        if body.model.id in (elsewhere, NUDGED.get(name) if k == 1 else None):
            continue
        assert pose(body) == pytest.approx(record["reset"]["objects"][body.model.id], abs=1e-5)
    differ = (drawn.observe()["image"] != np.asarray(Image.open(picture).convert("RGB"))).any(axis=-1)
    assert differ.mean() <= share


@pytest.mark.parametrize(("name", "k"), SHORT)
def test_twelve_actions_have_the_official_effect(undrawn, name, k):
    record, _ = golden(name, k)
    undrawn.reset(plan.official(TASK, name, record["episode_id"]))
    touched = False
    for step in record["steps"]:
        status, info = undrawn.advance(np.array(step["action"], np.float32)), step["info"]
        touched |= touches(undrawn)
        assert status.grasped == info["is_src_obj_grasped"]
        assert status.consecutive_grasp == info["consecutive_grasp"]
        assert (status.placed, status.success) == (info["src_on_target"], info["success"])
        if "qpos" in step and not touched:
            assert undrawn.world.robot.get_qpos() == pytest.approx(step["qpos"], abs=2e-6)


@pytest.mark.parametrize("name", SETTINGS)
def test_twelve_actions_end_in_the_official_frame(drawn, name):
    record, picture = golden(name, 0)
    drawn.reset(plan.official(TASK, name, record["episode_id"]))
    pressed = False
    for step in record["steps"]:
        drawn.advance(np.array(step["action"], np.float32))
        pressed |= touches(drawn, pressing=True)
    assert pressed == (name in PRESSED)
    far_rad, share = (3e-3, 0.04) if pressed else (2e-6, 1e-4)
    assert drawn.world.robot.get_qpos() == pytest.approx(record["steps"][-1]["qpos"], abs=far_rad)
    if name in ROLLED_ELSEWHERE:
        return
    frame = np.asarray(Image.open(picture.with_name(picture.name.replace("t0", "t12"))).convert("RGB"))
    assert (drawn.observe()["image"] != frame).any(axis=-1).mean() <= share


def touches(sim, *, pressing=False):
    """Whether a robot link is within contact distance of a model or of the stage, or presses on it."""
    robot = {link.entity.per_scene_id for link in sim.world.robot.links}
    return any(
        len({body.entity.per_scene_id for body in contact.bodies} & robot) == 1
        and (not pressing or any(np.any(point.impulse) for point in contact.points))
        for contact in sim.world.physics.get_contacts()
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_whole_episodes_have_the_official_success(undrawn, name):
    agree = total = 0
    for k, record in enumerate(json.loads((GOLDEN / "episodes" / f"{name}.json").read_text())):
        if (name, k) in WHOLE_DEPEND_ON_THE_EPISODE_BEFORE:
            continue
        undrawn.reset(plan.official(TASK, name, record["episode_id"]))
        for step in record["steps"]:
            status = undrawn.advance(np.array(step["action"], np.float32))
            agree += status.success == step["success"]
            total += 1
        assert status.success == record["success_at_end"]
        assert status.success_once == record["success_once"]
    assert agree >= 0.99 * total
