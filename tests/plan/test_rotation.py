"""Conditions that take turns over the scenes: by a fixed rule, balanced after any number of scenes, and no two groups side by side."""

import dataclasses
from collections import Counter
from itertools import combinations

import pytest

from vlagen_bench.axes import AXES, lack_of
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, plan, rotation
from vlagen_bench.plan.conditions import by_axis
from vlagen_bench.plan.options import options
from vlagen_bench.plan.selection import make_plan
from vlagen_bench.tasks import offer_of
from vlagen_bench.types import Suite

ROTATING = ("core", "core-small", "core-bridge")
SMALL = Suite(
    name="mine",
    version=1,
    task="tabletop_put_on",
    episodes=12,
    conditions=("nominal",),
    groups={"light": ("lighting", "exposure"), "things": ("object", "mass", "friction")},
    levels=(1, 5),
)


@pytest.fixture(scope="module", params=ROTATING)
def suite(request):
    return catalog.suite(request.param)


def test_every_axis_that_makes_sense_is_in_one_group(suite):
    task = catalog.task(suite.task)
    listed = [axis for members in suite.groups.values() for axis in members]
    assert sorted(listed) == sorted(axis.name for axis in AXES if lack_of(axis, offer_of(task)) is None)


def test_every_scene_has_its_twin_and_one_condition_of_each_group(suite):
    nominal = catalog.task(suite.task).nominal_name
    groups = catalog.groups_of(catalog.task(suite.task), suite.conditions, suite.groups)
    for names in rotation.scenes(suite):
        assert [groups[name] for name in names] == ["nominal", *suite.groups] and names[0] == nominal


def test_any_number_of_scenes_is_balanced(suite):
    axis_of = {name: axis for axis, names in by_axis(suite.conditions).items() for name in names}
    conditions, axes = Counter(), Counter()
    for names in rotation.scenes(suite):
        conditions.update(names)
        axes.update(axis_of[name] for name in names)
        for members in suite.groups.values():
            turns = [axes[axis] for axis in members]
            assert max(turns) - min(turns) <= 1, members
        for axis, own in by_axis(suite.conditions).items():
            turns = [conditions[name] for name in own]
            assert max(turns) - min(turns) <= 1, axis


def test_the_levels_of_a_group_are_balanced_too(suite):
    scenes = list(rotation.scenes(suite))
    for group, members in suite.groups.items():
        played, axes = Counter(), len(members)
        for names in scenes:
            played.update(name.rpartition("_l")[2] for name in names if name.rpartition("_l")[0] in members)
            counts = [played[str(level)] for level in suite.levels] if played.total() > 3 * axes else [0]
            assert max(counts) - min(counts) <= axes, (group, played)


def test_no_two_groups_go_side_by_side():
    columns = list(zip(*(names[1:] for names in rotation.scenes(catalog.suite("core"))), strict=True))
    axes = {name: axis for axis, names in by_axis(catalog.suite("core").conditions).items() for name in names}
    for first, other in combinations(columns, 2):
        together = Counter((axes[a], axes[b]) for a, b in zip(first, other, strict=True))
        cells = len({axes[name] for name in first}) * len({axes[name] for name in other})
        assert len(together) == cells, "every pair of axes meets in some scene"
        assert max(together.values()) < 2 * len(first) / cells, "and none much more often than others"


def test_core_small_is_the_first_fifth_of_core():
    core, small = (plan.make_plan(catalog.suite(name)) for name in ("core", "core-small"))
    assert [one.id for one in core.episodes[: len(small.episodes)]] == [one.id for one in small.episodes]
    assert small.suite.episodes * 5 == core.suite.episodes
    assert len(core.episodes) <= 4000 and len(small.episodes) <= 800


def test_more_scenes_begin_with_the_same_episodes_and_a_seed_does_not_change_the_turns():
    few, more, reseeded = (
        plan.make_plan(catalog.complete_suite(dataclasses.replace(SMALL, **changes), "here"))
        for changes in ({}, {"episodes": 15}, {"seed": 4})
    )
    assert [one.id for one in more.episodes][: len(few.episodes)] == [one.id for one in few.episodes]
    assert [one.condition for one in reseeded.episodes] == [one.condition for one in few.episodes]
    assert not {one.id for one in reseeded.episodes} & {one.id for one in few.episodes}


def test_an_axis_without_levels_takes_turns_over_its_settings():
    made = catalog.complete_suite(SMALL, "here")
    assert rotation.rotating_of(made)["things"] == [
        ("object_test",), ("mass_l1", "mass_l5"), ("friction_l1", "friction_l5")
    ]  # fmt: skip
    assert rotation.each(made) == "2-12" and rotation.played(made) == 36
    assert rotation.each(catalog.suite("quick")) == "4"


def test_asked_conditions_are_played_in_every_scene():
    made = make_plan("core-small", conditions="lighting_l3,nominal", episodes=3)
    assert made.suite.groups == {} and len(made.episodes) == 6
    alone = make_plan("core-small", episodes=7)
    assert alone.suite.groups and len({one.index for one in alone.episodes}) == 7


def test_the_options_tell_turns_from_all_conditions_in_every_scene():
    core = catalog.suite("core")
    given = ("core", core.task, core.conditions, 260, 0)
    assert list(options(*given, rotating=True)) == ["--suite", "core"]
    assert list(options(*given))[2] == "--conditions"
    own = ("mine", core.task, core.conditions, 7, 0)
    unknown = list(options(*own, rotating=True))
    assert unknown == ["--suite", "mine", "--episodes", "7", "--seed", "0"], "--conditions would be in every scene"
    assert list(options(*own))[2] == "--conditions"


def test_a_round_gives_every_condition_its_turn(suite):
    number = rotation.round_of(suite)
    turns = rotation.indices_of(dataclasses.replace(suite, episodes=3 * number))
    assert min(map(len, turns.values())) == 3 and number <= 60
    assert rotation.round_of(catalog.suite("quick")) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"groups": {"light": ()}}, "light has no axes"),
        ({"groups": {"light": ("lightning",)}}, "lightning"),
        ({"groups": {"light": ("lighting",), "more": ("lighting",)}}, "'lighting' stands twice"),
        ({"levels": (1, 6)}, "level"),
        ({"levels": (1, 1)}, "1 stands twice"),
        ({"groups": {}}, "Fill `groups`"),
        ({"axes": ("mass",)}, "every scene has one condition of each group"),
        ({"official_ids": True}, "every scene has one condition of each group"),
        ({"task": "tabletop_pick_up", "groups": {"far": ("receptacle",)}}, "needs the role target"),
        ({"groups": {}, "levels": (), "groups_of": "quick"}, "'quick' has no groups"),
        ({"groups_of": "core"}, "Remove them"),
        ({"groups": {}, "levels": (), "groups_of": "mine"}, "names the suite itself"),
    ],
)
def test_a_wrong_suite_is_refused(changes, said):
    with pytest.raises(ConfigError, match="here: ") as caught:
        catalog.complete_suite(dataclasses.replace(SMALL, **changes), "here")
    assert said in str(caught.value)


def test_a_condition_that_takes_turns_is_not_in_every_scene_besides(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\nversion: 1\ntask: tabletop_put_on\nepisodes: 3\nconditions: [nominal, mass_l1]\ngroups: {m: [mass]}\n"
    )
    with pytest.raises(ConfigError, match="mass_l1 takes turns in `groups` already"):
        catalog.read_suite(file)
