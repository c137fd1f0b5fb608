"""Are things told, chosen and placed so that a person would know what is meant?"""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from vlagen_bench import axes
from vlagen_bench.axes import Draft
from vlagen_bench.axes.clutter import FROM_OTHERS_M, FROM_SOURCE_M
from vlagen_bench.axes.shared import free_places, spots, views
from vlagen_bench.axes.shared.referring import alike, larger, meant, related
from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.axes.shared.wording import words_changed
from vlagen_bench.calibration import certify
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.verbs import FakeScene
from vlagen_bench.utils.seeding import stream

TABLETOP, BRIDGE = catalog.task("tabletop_put_on"), catalog.task("bridge_put_on_fixed")
REFERENCES = ("category", "colour", "relation", "size", "synonym")
STAY = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)


def values(condition, index=0, task=TABLETOP, seed=0):
    return plan.sample(task, condition, index=index, seed=seed)[0].values


def draft(found, task=TABLETOP):
    scene = specs.scene(task.scene)
    return Draft(scene=scene, pack=manifest.load(scene.pack), values=found)


# Words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        ("Put the pear on the plate.", "put the pear on the plate", 0.0),
        ("set the pear on the plate", "put the pear on the plate", 1 / 6),
        ("please put the pear on the plate", "put the pear on the plate", 1 / 7),
        ("pear plate", "plate pear", 1.0),
        ("", "", 0.0),
        ("", "put it", 1.0),
    ],
)
def test_the_share_of_words_that_changed(first, second, share):
    assert words_changed(first, second) == words_changed(second, first) == pytest.approx(share)


@pytest.mark.parametrize("task", [TABLETOP, BRIDGE], ids=lambda task: task.name)
def test_each_level_of_rewriting_is_further_from_the_plain_sentence(task):
    pack = manifest.load(specs.scene(task.scene).pack)
    (plain,) = task.nominal["instruction"]["templates"]
    for source, target in zip(pack.objects, (*pack.receptacles, *pack.receptacles), strict=False):
        names = {"source": source.name, "target": target.name}
        means = [
            np.mean([words_changed(template.format(**names), plain.format(**names)) for template in level])
            for level in REWRITES
        ]
        assert means[0] > 0.1 and all(one < other for one, other in pairwise(means)), names


def test_rewrites_are_many_all_different_and_name_both_once_or_more():
    assert len(REWRITES) == 5 and len({len(level) for level in REWRITES}) == 1 and len(REWRITES[0]) >= 8
    every = [template for level in REWRITES for template in level]
    assert len(set(every)) == len(every)
    for template in every:
        text = template.format(source="toy car", target="plate")
        assert "toy car" in text and "plate" in text and not certify.UNCLEAN.search(text)


def test_a_level_of_rewriting_tells_the_same_task_otherwise():
    plain, told = values("nominal", 3), values("instruction_l5", 3)
    assert {**plain, "instruction": None} == {**told, "instruction": None}
    assert words_changed(plain["instruction"]["text"], told["instruction"]["text"]) > 0.7


def test_templates_of_a_task_are_drawn_as_ever():
    axis = axes.make("instruction", {"templates": ["put {source} on {target}", "{source} on {target}!"]}, "here")
    told = axis.sample(stream(3, "a"), draft({"object": "apple", "receptacle": "plate"}))
    assert told == axis.pick(int(stream(3, "a").randint(2)), draft({"object": "apple", "receptacle": "plate"}))
    assert told["text"] in ("put apple on plate", "apple on plate!")


@pytest.mark.parametrize(("parameters", "why"), [({}, "no sentence"), ({"rewrite": 6}, "is 6 .*from 0 to 5")])
def test_an_instruction_without_words_is_refused(parameters, why):
    with pytest.raises(ConfigError, match=why):
        axes.make("instruction", parameters, "here")


# References ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", REFERENCES)
@pytest.mark.parametrize("more", ["", "object_test+"])
def test_a_reference_fits_the_source_alone_and_does_not_name_it(by, more):
    for index in range(40):
        found = values(f"{more}reference_{by}", index)
        assert meant(draft(found)) == ("source",)
        assert found["reference"]["text"] in found["instruction"]["text"]
        name = manifest.load("household").find("objects", found["object"]).name
        assert found["reference"]["text"] != name


def test_all_references_of_an_episode_share_their_scene_and_clean_twin():
    pairs = [plan.sample(TABLETOP, f"reference_{by}", index=5, seed=0) for by in REFERENCES]
    assert len({twin.id for _, twin in pairs}) == 1
    twin = pairs[0][1].values
    source, other = (
        manifest.load("household").find("objects", one) for one in (twin["object"], twin["distractor_object"]["id"])
    )
    assert source.name in twin["instruction"]["text"] and "reference" not in twin
    assert not alike(source.colour, other.colour) and not related(source.category, other.category)
    assert larger(source.extents_m, other.extents_m) or larger(other.extents_m, source.extents_m)


def test_left_and_near_are_as_the_camera_sees_them():
    # The tabletop's camera looks at the robot from before it, along -x: left of it is -y, near to it is +x.
    apple = {"object": "apple", "receptacle": "plate", "position": {"source": [0.0, -0.06], "target": [0.1, 0.1]}}
    for other, fits in (([0.0, 0.06], "left"), ([0.0, -0.18], "right"), ([-0.1, -0.06], "near"), ([0.1, -0.06], "far")):
        found = apple | {"distractor_object": {"id": "banana", "xy_m": other}}
        said = {
            says: meant(draft(found | {"reference": {"by": "relation", "says": says}}))
            for says in ("left", "right", "near", "far")
        }
        assert [says for says, roles in said.items() if roles == ("source",)] == [fits]


def test_what_fits_two_things_or_none_is_found():
    found = values("reference_colour")
    two = dict(found, clutter=[{"id": found["object"], "xy_m": [0.1, 0.1], "yaw_deg": 0}])
    assert meant(draft(two)) == ("source", "clutter_1")
    episode = SimpleNamespace(instruction="put the object on the plate", values=two)
    problems = list(certify._unclear(episode, TABLETOP))
    assert any("fits source and clutter_1" in problem for problem in problems)
    assert f"no clutter: {found['object']} is on the table already" in problems
    assert list(certify._unclear(SimpleNamespace(instruction="put it there", values=found), TABLETOP)) == []


def test_a_reference_that_nothing_makes_clear_is_refused():
    same = dict(values("reference_colour"))
    same["distractor_object"] = dict(same["distractor_object"], id=same["object"])
    with pytest.raises(ConfigError, match="finds no colour that only"):
        axes.make("reference", {"by": "colour"}, "here").sample(stream(0), draft(same))


def test_a_rewritten_reference_keeps_its_words():
    found = values("instruction_l3+reference_colour", 2)
    assert found["reference"]["text"] in found["instruction"]["text"]
    assert found["instruction"]["template"] in REWRITES[2]


@pytest.mark.parametrize("other", ["clutter_l1", "distractor_object_test", "distractor_receptacle_test"])
def test_a_reference_brings_its_own_second_object(other):
    with pytest.raises(ConfigError, match="exclude each other"):
        catalog.condition(TABLETOP, "+".join(sorted((other, "reference_colour"))))


# Distractors ---------------------------------------------------------------------------------------------------------


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


# Clutter -------------------------------------------------------------------------------------------------------------


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


# In the simulator ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sim():
    from vlagen_bench.sim.simulator import Simulator

    return Simulator(specs.TABLETOP)


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
def test_a_reference_changes_words_and_nothing_else(sim):
    episode, twin = plan.sample(TABLETOP, "reference_colour", index=0, seed=0)
    seen = []
    for one in (episode, twin):
        sim.reset(one)
        seen.append((sim.observe()["image"], sim.state_hash(), sim.instruction))
    assert np.array_equal(seen[0][0], seen[1][0]) and seen[0][1] == seen[1][1]
    assert seen[0][2] == episode.instruction != twin.instruction == seen[1][2]


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
