"""The axes of light, camera and pictures change what is seen, and nothing else."""

from math import radians

import cv2
import numpy as np
import pytest

from vlagen_bench.axes import AXES, Draft, apply_stage
from vlagen_bench.axes.shared import spots, views
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import projection, specs
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.types import Episode

NAMES = (
    "blur",
    "camera_lens",
    "camera_pose",
    "coloured_light",
    "compression",
    "exposure",
    "lighting",
    "noise",
    "occlusion",
    "robot_colour",
    "sensor_noise",
    "texture",
)
SCENES = ("tabletop_put_on", pytest.param("bridge_put_on", marks=pytest.mark.bridge))
ACTIONS = np.random.RandomState(1).uniform(-0.04, 0.04, (5, 7)).astype(np.float32)


def episode(task_name, sizes, index=0, seed=0):
    """An episode with these axes at these sizes over nominal; without any, the clean twin."""
    task = catalog.task(task_name)
    axis_set = dict(task.nominal)
    for name, size in sizes.items():
        axis_set[name] = {**axis_set.get(name, {}), AXES.get(name).sized_by: size}
    values = plan.draw(task, axis_set, index=index, seed=seed)
    return Episode(task=task.ref, condition="test", index=index, seed=seed, values=values)


def levels_of(task_name, name, index, seed=0):
    return [episode(task_name, {name: size}, index, seed) for size in AXES.get(name).levels]


@pytest.fixture(scope="module")
def sims():
    return {}


@pytest.fixture
def sim(task_name, sims):
    if task_name not in sims:
        sims[task_name] = Simulator.of(catalog.task(task_name))
    return sims[task_name]


def picture(sim, played):
    sim.reset(played)
    return sim.observe()["image"]


def found_share(found):
    """How much of the picture the outline of an occlusion covers, by the shoelace formula."""
    x, y = np.array(found.values["occlusion"]["outline"]).T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def difference(image, other):
    """Root mean square distance in CIELAB."""
    lab = [cv2.cvtColor(one.astype(np.float32) / 255, cv2.COLOR_RGB2Lab) for one in (image, other)]
    return float(np.sqrt(((lab[0] - lab[1]) ** 2).sum(axis=-1).mean()))


def played(sim, found):
    """State hashes and the last picture of five steps."""
    sim.reset(found)
    hashes = [sim.state_hash()]
    for action in ACTIONS:
        sim.advance(action)
        hashes.append(sim.state_hash())
    return hashes, sim.observe()["image"]


@pytest.mark.sim
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("task_name", SCENES)
def test_each_level_is_seen_more_than_the_one_before(sim, task_name, name):
    axis, totals = AXES.get(name), np.zeros(5)
    for index in range(3 if task_name.startswith("tabletop") else 1):
        twin = picture(sim, episode(task_name, {}, index))
        axis.apply(sim.scene, episode(task_name, {name: axis.nothing}, index).values[name])
        assert np.array_equal(sim.observe()["image"], twin)
        seen = []
        for found in levels_of(task_name, name, index):
            axis.apply(sim.scene, found.values[name])
            seen.append(difference(sim.observe()["image"], twin))
        assert seen[0] > 0
        totals += seen
    assert (np.diff(totals) > 0).all(), totals  # on average: JPEG at one quality may suit one picture better


@pytest.mark.sim
@pytest.mark.parametrize("task_name", SCENES)
def test_physics_goes_its_way_and_the_next_episode_is_clean(sim, task_name):
    twin_hashes, twin_image = played(sim, episode(task_name, {}))
    for name in NAMES:
        hashes, image = played(sim, levels_of(task_name, name, 0)[-1])
        assert hashes == twin_hashes, name
        assert not np.array_equal(image, twin_image), name
    assert np.array_equal(played(sim, episode(task_name, {}))[1], twin_image)


@pytest.mark.sim
@pytest.mark.parametrize("task_name", SCENES)
def test_applying_twice_equals_once(sim, task_name):
    for name in NAMES:
        found = levels_of(task_name, name, 0)[2]
        once = picture(sim, found)
        apply_stage(sim.scene, found.values, "render")
        assert np.array_equal(sim.observe()["image"], once), name


@pytest.mark.sim
@pytest.mark.parametrize("task_name", ["tabletop_put_on"])
def test_the_order_in_which_things_go_wrong_is_that_of_the_camera(sim, task_name):
    pairs = [
        ("blur", "sensor_noise"),
        ("compression", "exposure"),
        ("noise", "texture"),
        ("camera_lens", "camera_pose"),
    ]
    for first, second in pairs:
        values = episode(task_name, {name: AXES.get(name).levels[3] for name in (first, second)}).values
        images = []
        for names in ((first, second), (second, first)):
            sim.reset(episode(task_name, {}))
            for name in names:
                AXES.get(name).apply(sim.scene, values[name])
            images.append(sim.observe()["image"])
        assert np.array_equal(*images), (first, second)


@pytest.mark.sim
@pytest.mark.parametrize("task_name", ["tabletop_put_on"])
def test_sensor_noise_is_new_in_each_step_and_the_same_again(sim, task_name):
    found = episode(task_name, {"sensor_noise": 20.0})
    sim.reset(found)
    first = sim.observe()["image"]
    assert np.array_equal(sim.observe()["image"], first)
    added = []
    for clean in (False, True):
        sim.reset(episode(task_name, {}) if clean else found)
        start = sim.observe()["image"].astype(int)
        sim.advance(np.array([0, 0, 0, 0, 0, 0, 1], np.float32))
        added.append((start, sim.observe()["image"].astype(int)))
    before, after = added[0][0] - added[1][0], added[0][1] - added[1][1]
    assert abs(np.corrcoef(before.ravel(), after.ravel())[0, 1]) < 0.1
    assert np.array_equal(picture(sim, found), first)


@pytest.mark.sim
@pytest.mark.parametrize("task_name", SCENES)
@pytest.mark.parametrize("name", ["occlusion", "camera_pose", "camera_lens"])
def test_at_the_highest_level_most_of_both_things_is_in_sight(sim, task_name, name):
    for index in range(3):
        seen = {}
        for which, found in (("twin", episode(task_name, {}, index)), ("level", levels_of(task_name, name, index)[-1])):
            picture(sim, found)
            seen[which] = [sim.seen_px(role) for role in ("source", "target")]
        assert all(level >= twin / 2 for level, twin in zip(seen["level"], seen["twin"], strict=True))


@pytest.mark.sim
@pytest.mark.parametrize("task_name", ["tabletop_put_on"])
def test_what_is_before_the_lens_hides_the_things_behind_it(sim, task_name):
    sim.reset(episode(task_name, {}))
    image = sim.observe()["image"]
    whole = sim.seen_px("source")
    sim.scene.occlude(((0.0, 0.75), (1.0, 0.75), (1.0, 1.0), (0.0, 1.0)), "cloth", (0.2, 0.2, 0.2), 1)
    part = sim.observe()["image"]
    blur_px = 12  # four times its standard deviation
    assert part[192 + blur_px :].max() <= 60 and np.array_equal(part[: 192 - blur_px], image[: 192 - blur_px])
    assert sim.seen_px("source") < whole
    sim.scene.occlude(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), "cloth", (0.2, 0.2, 0.2), 1)
    assert sim.seen_px("source") == sim.seen_px("target") == 0


@pytest.mark.sim
@pytest.mark.parametrize("task_name", ["tabletop_put_on"])
def test_what_counts_as_hidden_is_the_share_that_the_occlusion_names(sim, task_name):
    for index in range(8):
        for found in levels_of(task_name, "occlusion", index):
            sim.reset(found)
            assert sim.sight.primary.covered.mean() == pytest.approx(found_share(found), abs=0.01)


@pytest.mark.sim
@pytest.mark.parametrize(
    "task_name", ["tabletop_put_on", pytest.param("bridge_put_on_minimal", marks=pytest.mark.bridge)]
)
def test_points_are_seen_where_they_are_projected(sim, task_name):
    found = episode(task_name, {"camera_pose": 10.0, "camera_lens": 0.2})
    spec = sim.spec
    for played_ in (episode(task_name, {}), found):
        sim.reset(played_)
        sim.observe()
        seen = sim.world.camera.get_picture("PositionSegmentation")
        view = views.present(Draft(scene=spec, pack=manifest.load(spec.pack), values=played_.values))
        body = sim.body("source")
        rows, columns = np.nonzero(seen[..., 3] == body.entity.per_scene_id)
        middle = [columns.mean() + 0.5, rows.mean() + 0.5]
        assert view.project(body.position_m[None])[0] == pytest.approx(middle, abs=0.02 * spec.camera.width_px)


@pytest.mark.sim
@pytest.mark.bridge
@pytest.mark.parametrize("task_name", ["bridge_put_on"])
def test_the_photo_turns_with_the_table_that_it_shows(sim, task_name):
    sim.reset(episode(task_name, {}))
    photo, own = sim.sight.primary.photo, projection.nominal(specs.BRIDGE)
    assert photo.seen(own, specs.BRIDGE.table_height_m) is photo.pixels
    photo.pixels = np.zeros_like(photo.pixels)
    place = np.array([[-0.2, 0.03, specs.BRIDGE.table_height_m]])
    x, y = own.project(place)[0]
    cv2.circle(photo.pixels, (round(x - 0.5), round(y - 0.5)), 6, (255, 255, 255), -1)
    moved = own.orbited(projection.middle_m(specs.BRIDGE), 0.2, 0.1, 0.05).through(0.9, (20.0, -10.0))
    for view, height_m in ((moved, specs.BRIDGE.table_height_m), (own, specs.BRIDGE.table_height_m + 0.05)):
        rows, columns = np.nonzero(photo.seen(view, height_m)[..., 0] > 128)
        wanted = view.project(np.array([[-0.2, 0.03, height_m]]))[0]
        assert [columns.mean() + 0.5, rows.mean() + 0.5] == pytest.approx(wanted, abs=1.0)


@pytest.mark.parametrize("task_name", ["tabletop_put_on", "bridge_put_on"])
def test_whatever_the_camera_does_it_sees_every_place(task_name):
    scene = specs.scene(catalog.task(task_name).scene)
    assert projection.sees_all(projection.nominal(scene), scene)
    for index in range(20):
        for sizes in ({"camera_pose": 16.0}, {"camera_lens": 0.25}, {"camera_pose": 16.0, "camera_lens": 0.25}):
            values = episode(task_name, sizes, index).values
            draft = Draft(scene=scene, pack=manifest.load(scene.pack), values=values)
            assert projection.sees_all(views.present(draft), scene, spots.standing(draft).values())


def test_a_camera_that_would_lose_the_places_is_refused():
    with pytest.raises(ConfigError, match="smaller size"):
        episode("tabletop_put_on", {"camera_lens": 3.0})


def test_places_are_not_seen_from_below_the_table_nor_past_the_robots_arm():
    own, middle = projection.nominal(specs.BRIDGE), projection.middle_m(specs.BRIDGE)
    assert not projection.sees_all(own.orbited(middle, 0.0, radians(-60), 0.0), specs.BRIDGE)
    assert not projection.sees_all(own.orbited(middle, radians(-16), 0.0, 0.0), specs.BRIDGE)
    assert projection.sees_all(own.orbited(middle, radians(16), 0.0, 0.0), specs.BRIDGE)


def test_an_occlusion_that_would_hide_the_things_is_refused():
    with pytest.raises(ConfigError, match="smaller share"):
        episode("tabletop_put_on", {"occlusion": 0.9})


def test_an_occlusion_covers_its_share_and_grows_with_the_level():
    y, x = np.mgrid[0:400, 0:400] / 400 + 1 / 800
    pixels = np.column_stack([x.ravel(), y.ravel()])
    for index in range(12):
        before, shares = np.zeros(len(pixels), dtype=bool), []
        for found in levels_of("tabletop_put_on", "occlusion", index):
            covered = projection.inside(pixels, found.values["occlusion"]["outline"])
            assert (covered | ~before).all()
            before = covered
            shares.append(covered.mean())
        assert shares == pytest.approx(AXES.get("occlusion").levels, abs=0.004)


def test_a_level_is_the_one_below_taken_further():
    for name, path in (("camera_pose", "azimuth_rad"), ("camera_lens", "shift_px"), ("exposure", None)):
        first, *_, last = (found.values[name] for found in levels_of("tabletop_put_on", name, 3))
        first, last = (np.atleast_1d(value if path is None else value[path]) for value in (first, last))
        levels = AXES.get(name).levels
        assert last == pytest.approx(first * levels[-1] / levels[0], abs=1e-4)


def test_an_orbit_keeps_its_middle_where_it_was_and_goes_up():
    for spec in (specs.BRIDGE, specs.TABLETOP):
        own, middle = projection.nominal(spec), projection.middle_m(spec)
        turned = own.orbited(middle, radians(10), radians(8), 0.0)
        point = np.array([middle])
        assert turned.project(point)[0] == pytest.approx(own.project(point)[0])
        assert turned.position_m[2] > own.position_m[2] + 0.02
        assert own.orbited(middle, 0.0, 0.0, 0.0) is own
