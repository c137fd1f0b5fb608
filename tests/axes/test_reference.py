"""References fit one thing in the scene and name it otherwise."""

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.semantics import TABLETOP, draft, values
from vlagen_bench import axes
from vlagen_bench.axes.shared.referring import alike, larger, meant, related
from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.calibration import certify
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.utils.seeding import stream

REFERENCES = ("category", "colour", "relation", "size", "synonym")


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
    # The tabletop's camera looks at the robot from before it, mostly along -x: left of it is -y, near to it is +x.
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


@pytest.mark.sim
def test_a_reference_changes_words_and_nothing_else(sim):
    episode, twin = plan.sample(TABLETOP, "reference_colour", index=0, seed=0)
    seen = []
    for one in (episode, twin):
        sim.reset(one)
        seen.append((sim.observe()["image"], sim.state_hash(), sim.instruction))
    assert np.array_equal(seen[0][0], seen[1][0]) and seen[0][1] == seen[1][1]
    assert seen[0][2] == episode.instruction != twin.instruction == seen[1][2]
