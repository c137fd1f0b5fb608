"""Several cameras and pictures of other sizes: what they show, what they cost, and what is done to each."""

import cv2
import numpy as np
import pytest
from sapien import render

from vlagen_bench.axes import AXES
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import sample
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.simulator import Simulator

pytestmark = pytest.mark.sim

TABLETOP, BRIDGE = "tabletop_put_on", "bridge_pick_up"
GEOMETRY = ["camera_pose_l5", "camera_lens_l5", "occlusion_l5", "blur_l5", "texture_l5", "noise_l5", "robot_colour_l5"]


def simulator(task_name, cameras=(), image_size=None):
    task = catalog.task(task_name)
    return Simulator.of(task, cameras=CameraChoice.of(specs.of_task(task), cameras, image_size))


def seen(sim, condition, index=1):
    task = catalog.task(TABLETOP if sim.spec.name == "tabletop" else BRIDGE)
    sim.reset(sample(task, condition, index=index, seed=0)[0])
    return sim.observe()["images"]


def devices(sim):
    entities = sim.world.scene.entities
    return [part for one in entities for part in one.components if isinstance(part, render.RenderCameraComponent)]


def test_a_camera_that_nobody_asked_for_is_not_there():
    sim = simulator(TABLETOP)
    assert set(seen(sim, "nominal")) == {"front"} and len(devices(sim)) == 1
    both = simulator(TABLETOP, ("wrist",))
    pictures = seen(both, "nominal")
    assert [(name, picture.shape) for name, picture in pictures.items()] == [
        ("front", (256, 256, 3)),
        ("wrist", (128, 128, 3)),
    ]
    assert len(devices(both)) == 2
    np.testing.assert_array_equal(pictures["front"], seen(sim, "nominal")["front"])
    assert both.observe()["image"] is not None and both.state_hash() == sim.state_hash()


@pytest.mark.parametrize("index", range(3))
def test_the_wrist_camera_shows_both_finger_tips_and_the_thing_between_them(index):
    """At rest, while the expert grasps and while it lifts."""
    sim, expert = simulator(TABLETOP, ("wrist",)), Expert()
    sim.reset(sample(catalog.task(TABLETOP), "nominal", index=index, seed=0)[0])
    expert.attach(sim)
    expert.reset(["e"])
    held = 0
    for _ in range(12):
        observation = sim.observe()
        ids = sim.world.cameras["wrist"].get_picture("PositionSegmentation")[..., 3]
        for finger in sim.spec.robot.finger_links:
            shown = ids == sim.world.links[finger].entity.per_scene_id
            assert shown.sum() > 100
            assert 30 < np.nonzero(shown)[0].max() < 126, "the tip, its lowest part, is inside"
        status = sim.advance(expert.act(observation, sim.instruction))
        if status.grasped_now:
            held += 1
            assert (ids == sim.body("source").entity.per_scene_id).sum() > 300
    assert held >= 3


@pytest.mark.parametrize("condition", [*GEOMETRY, "nominal"])
def test_a_larger_picture_shows_the_same_up_to_its_sampling(condition):
    """448 x 448, made smaller, against 224 x 224: the same edges at the same places, to a third of a pixel.

    Only the window of `noise` slides in whole pixels.
    """
    small, large = (
        seen(simulator(TABLETOP, ("wrist",), f"front={size},wrist={size}"), condition) for size in (224, 448)
    )
    for camera, picture in small.items():
        shrunk = cv2.resize(large[camera], (224, 224), interpolation=cv2.INTER_AREA)
        shifted = apart(picture, np.roll(shrunk, (1, 1), axis=(0, 1)))
        assert apart(picture, shrunk) < (1.0 if condition == "noise_l5" else 0.35) * shifted


@pytest.mark.bridge
@pytest.mark.parametrize("condition", ["nominal", "camera_pose_l5", "camera_lens_l5", "table_height_l5", "blur_l5"])
def test_a_bridge_picture_of_another_shape_is_the_official_view_stretched(condition):
    (own,), (square,) = (seen(simulator(BRIDGE, (), size), condition).values() for size in (None, 224))
    assert own.shape == (480, 640, 3) and square.shape == (224, 224, 3)
    assert apart(square, cv2.resize(own, (224, 224), interpolation=cv2.INTER_AREA)) < 4.0


def test_larger_pictures_are_not_less_noisy():
    """Made small again, they differ from nominal as the camera's own do."""
    damage = []
    for size in (256, 512):
        small = [
            cv2.resize(
                seen(simulator(TABLETOP, (), size), condition)["front"], (128, 128), interpolation=cv2.INTER_AREA
            )
            for condition in ("nominal", "sensor_noise_l5")
        ]
        damage.append(np.abs(small[0].astype(float) - small[1]).mean())
    assert damage[1] == pytest.approx(damage[0], rel=0.05) and damage[0] > 5


def apart(picture, other):
    """Mean difference of two pictures, softened, since one has more samples of each edge."""
    soft = [cv2.GaussianBlur(one, (0, 0), 1.5).astype(float) for one in (picture, other)]
    return np.abs(soft[0] - soft[1]).mean()


def test_pixels_of_a_thing_are_counted_in_the_cameras_own_size():
    counts = []
    for size in (None, 224, "512x256"):
        sim = simulator(TABLETOP, (), size)
        seen(sim, "nominal")
        counts.append(sim.seen_px("source"))
    assert counts[1] == pytest.approx(counts[0], rel=0.03) and counts[2] == pytest.approx(counts[0], rel=0.03)


def test_two_sensors_have_noise_of_their_own_and_the_primary_one_has_it_as_ever():
    alone = seen(simulator(TABLETOP), "sensor_noise_l5")["front"]
    sim = simulator(TABLETOP, ("wrist",), "wrist=256")
    pictures = seen(sim, "sensor_noise_l5")
    np.testing.assert_array_equal(pictures["front"], alone)
    clean = seen(sim, "nominal")
    noise = [pictures[name].astype(float) - clean[name] for name in ("front", "wrist")]
    middle = [(clean[name] > 60) & (clean[name] < 195) for name in ("front", "wrist")]
    both = middle[0] & middle[1]
    assert both.sum() > 1000 and all(part[both].std() > 20 for part in noise)
    assert abs(np.corrcoef(noise[0][both], noise[1][both])[0, 1]) < 0.1


@pytest.mark.parametrize("condition", ["observation_delay_l3", "dropped_frames_l5"])
def test_late_and_lost_observations_are_so_for_every_camera(condition):
    sim = simulator(TABLETOP, ("wrist",))
    first = seen(sim, condition)
    for _ in range(8):
        sim.advance(np.array([0.02, 0.02, 0, 0, 0, 0.1, 1], np.float32))
        images = sim.observe()["images"]
        same = {name: np.array_equal(images[name], first[name]) for name in images}
        assert len(set(same.values())) == 1
        first = images


def test_axes_of_vision_say_whose_pictures_they_change():
    """And other axes change the scene, of which each camera shows what it sees."""
    for axis in AXES:
        assert (axis.cameras == "scene") == (axis.kind != "vision"), axis.name
