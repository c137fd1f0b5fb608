"""Distractors and clutter: what is placed where, and what is seen."""

from itertools import pairwise

import numpy as np
import pytest

from helpers.semantics import BRIDGE, TABLETOP, draft, values
from vlagen_bench import axes
from vlagen_bench.axes.clutter import FROM_OTHERS_M, FROM_SOURCE_M
from vlagen_bench.axes.shared import free_places, spots, views
from vlagen_bench.calibration import certify
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.verbs import FakeScene
from vlagen_bench.utils.seeding import stream

STAY = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)


@pytest.mark.parametrize("task", [TABLETOP, BRIDGE], ids=lambda task: task.name)
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("source", ["", "+object_test"])
def test_a_distractor_is_any_other_object_of_its_split_and_never_the_source(task, split, source):
    name = f"distractor_object_{split}{source}"
    ids = {asset.id for asset in manifest.load(specs.scene(task.scene).pack).split("objects", split)}
    axis = axes.make(
        "distractor_object", catalog.axis_set(task, catalog.condition(task, name))["distractor_object"], ""
    )
    found = draft(values(name, 1, task), task)
    pool = {axis.pick(index, found)["id"] for index in range(axis.size(found))}
    assert pool == ids - {found.values["object"]}


def test_official_ids_count_distractors_as_the_released_code_does():
    task = catalog.task("bridge_put_on")
    empty = draft({}, task)
    for condition, size in (("multi_object_seen", 15), ("multi_object_unseen", 8)):
        parameters = catalog.axis_set(task, catalog.condition(task, condition))["distractor_object"]
        assert axes.make("distractor_object", parameters, "").size(empty) == size


def test_a_split_without_another_one_is_refused():
    axis = axes.make("distractor_receptacle", {"split": "train"}, "here")
    with pytest.raises(ConfigError, match="no other receptacle than 001_plate_simpler"):
        axis.size(draft({"receptacle": "001_plate_simpler"}, BRIDGE))


@pytest.mark.parametrize("task", [TABLETOP, BRIDGE], ids=lambda task: task.name)
def test_a_level_of_clutter_holds_the_things_of_the_level_below(task):
    for index in range(4):
        levels = [values(f"clutter_l{level}", index, task)["clutter"] for level in range(1, 6)]
        assert [len(level) for level in levels] == [1, 2, 3, 4, 5]
        for below, above in pairwise(levels):
            assert above[: len(below)] == below


@pytest.mark.parametrize("task", [TABLETOP, BRIDGE], ids=lambda task: task.name)
@pytest.mark.parametrize(
    "name",
    ["clutter_l5", "clutter_l5+distractor_object_test", "clutter_l5+object_position_l3", "clutter_l5+reposition_l5"],
)
def test_clutter_leaves_room_and_hides_nothing(task, name):
    pack = manifest.load(specs.scene(task.scene).pack)
    for index in range(25):
        found = draft(values(name, index, task), task)
        things = found.values["clutter"]
        there = [found.values["object"], *(thing["id"] for thing in things)]
        if "distractor_object" in found.values:
            there.append(found.values["distractor_object"]["id"])
        assert len(set(there)) == len(there)
        eye = views.present(found).position_m
        above = eye[2] - found.scene.table_height_m
        wide = {"target": free_places.radius_of(pack.find("receptacles", found.values["receptacle"]))}
        source = free_places.radius_of(pack.find("objects", found.values["object"]))
        if "distractor_object" in found.values:
            wide["third"] = free_places.radius_of(pack.find("objects", found.values["distractor_object"]["id"]))
        for number, thing in enumerate(things):
            model = pack.find("objects", thing["id"])
            mine, foot = free_places.radius_of(model), np.array(thing["xy_m"])
            for role, spot in spots.standing(found).items():
                gap = FROM_SOURCE_M if role == "source" else FROM_OTHERS_M
                away = mine + wide.get(role, source)
                assert np.linalg.norm(foot - spot) >= away + gap - 1e-6
                # No point of the way that it hides, from its foot to the end of its shadow, comes over the thing.
                for share in np.linspace(0, model.extents_m[2] / (above - model.extents_m[2]), 20):
                    assert np.linalg.norm(foot + share * (foot - eye[:2]) - spot) >= away - 1e-6
            for other in things[:number]:
                away = mine + free_places.radius_of(pack.find("objects", other["id"]))
                assert np.linalg.norm(foot - other["xy_m"]) >= away + FROM_OTHERS_M - 1e-6


def test_no_clutter_is_no_change():
    found = axes.make("clutter", {"things": 0}, "here").sample(stream(1), draft(values("nominal")))
    scene = FakeScene()
    axes.AXES.get("clutter").apply(scene, found)
    assert found == [] and scene.calls == []


def test_more_clutter_than_fits_is_refused():
    with pytest.raises(ConfigError, match=r"no room for 25 things .* Ask for fewer"):
        axes.make("clutter", {"things": 25}, "here").sample(stream(1), draft(values("nominal")))


@pytest.mark.sim
def test_all_clutter_is_seen_and_stays_where_it_is_put(sim):
    for index in range(3):
        sim.reset(plan.sample(TABLETOP, "clutter_l5", index=index, seed=2)[0])
        sim.observe()
        assert len(sim.world.bodies) == 7
        for role, (xy_m, _) in sim.scene.places.items():
            assert sim.seen_px(role) > certify.VISIBLE_PX
            assert np.linalg.norm(sim.body(role).position_m[:2] - xy_m) < 0.03


@pytest.mark.sim
@pytest.mark.parametrize(
    ("condition", "role", "wrong_receptacle"),
    [
        ("clutter_l2", "clutter_2", False),
        ("distractor_object_train", "distractor", False),
        ("distractor_receptacle_test", "distractor", True),
    ],
)
def test_whatever_is_not_asked_for_is_wrong(sim, condition, role, wrong_receptacle):
    import sapien

    status = sim.reset(plan.sample(TABLETOP, condition, index=1, seed=0)[0])
    assert not status.wrong_object_moved and not status.on_wrong_receptacle
    other, source = sim.body(role), sim.body("source")
    height_m = (other.model.extents_m[2] + source.model.extents_m[2]) / 2 + 0.001
    source.entity.set_pose(sapien.Pose(other.position_m + np.array([0, 0, height_m], np.float32)))
    ever = False
    for _ in range(2):
        ever |= sim.advance(STAY).on_wrong_receptacle
    assert ever == wrong_receptacle
    other.entity.set_pose(sapien.Pose(other.position_m + np.array([0, 0.05, 0.2], np.float32)))
    assert sim.advance(STAY).wrong_object_moved
