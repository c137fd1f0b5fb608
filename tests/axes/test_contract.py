"""The contract of every axis, over all that are registered."""

import dataclasses
import json
import re

import numpy as np
import pytest

from helpers.places import DOCS
from vlagen_bench import axes
from vlagen_bench.axes import AXES, STAGES, clutter
from vlagen_bench.axes.shared.referring import expressions_for
from vlagen_bench.calibration.severity import MEASURES
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, conditions, plan
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.verbs import FakeScene
from vlagen_bench.tasks import draft as draft_of
from vlagen_bench.tasks import offer_of
from vlagen_bench.utils.seeding import stream

TASKS = [catalog.task(name) for name in catalog.task_names()]
USES = sorted(
    {
        (axis, task.name, name)
        for task in TASKS
        for name in task.condition_names()
        for axis in (catalog.condition(task, name).perturb if name != task.nominal_name else task.nominal)
    }
)
PLACES = sorted({(axis, task) for axis, task, _ in USES})
"""axis and task: a test goes through all conditions of the pair, since a test for each would take longer than what it tests"""
LADDERS = [
    (axis.name, task.name)
    for task in TASKS
    if task.variants
    for axis in AXES
    if axis.levels and axes.lack_of(axis, offer_of(task)) is None
]


def made(axis: str, task_name: str, condition: str):
    task = catalog.task(task_name)
    parameters = catalog.axis_set(task, catalog.condition(task, condition))[axis]
    values = plan.sample(task, condition, index=0, seed=0)[0].values
    return axes.make(axis, parameters, "test"), draft_of(task, values)


@pytest.mark.parametrize("axis", list(AXES), ids=lambda axis: axis.name)
def test_it_says_what_it_is(axis):
    assert axis.kind in ("vision", "semantics", "execution", "dynamics")
    assert axis.stage in STAGES
    assert axis.summary()
    assert all(AXES.get(name) for name in axis.after)


def each(axis: str, task_name: str):
    """The axis under every condition of the task that has it, with the condition's name to be shown where it fails."""
    for condition in (use[2] for use in USES if use[:2] == (axis, task_name)):
        yield condition, *made(axis, task_name, condition)


@pytest.mark.parametrize(("axis", "task_name"), PLACES, ids="-".join)
def test_the_same_stream_gives_the_same_value(axis, task_name):
    for condition, made_axis, draft in each(axis, task_name):
        assert made_axis.sample(stream(1, "a"), draft) == made_axis.sample(stream(1, "a"), draft), condition


@pytest.mark.parametrize(("axis", "task_name"), PLACES, ids="-".join)
def test_values_survive_json(axis, task_name):
    for condition, made_axis, draft in each(axis, task_name):
        value = made_axis.sample(stream(1, "a"), draft)
        assert json.loads(json.dumps(value)) == value, condition


@pytest.mark.parametrize(("axis", "task_name"), PLACES, ids="-".join)
def test_apply_speaks_scene_verbs_alone_and_always_the_same(axis, task_name):
    for condition, made_axis, draft in each(axis, task_name):
        value = made_axis.sample(stream(1, "a"), draft)
        first, second = FakeScene(), FakeScene()
        made_axis.apply(first, value)
        made_axis.apply(second, json.loads(json.dumps(value)))
        assert first.calls == second.calls != [], condition


@pytest.mark.parametrize(("axis", "task_name"), PLACES, ids="-".join)
def test_a_pool_is_walked_from_end_to_end(axis, task_name):
    for condition, made_axis, draft in each(axis, task_name):
        if isinstance(made_axis, axes.PoolAxis):
            size = made_axis.size(draft)
            assert size >= 1, condition
            assert made_axis.pick(0, draft) is not None, condition
            assert size == 1 or made_axis.pick(0, draft) != made_axis.pick(size - 1, draft), condition


def test_axes_draw_independently():
    task = catalog.task("tabletop_put_on")
    draws = [plan.sample(task, "mass_l5", index=i, seed=0)[0].values for i in range(200)]
    pairs = {(v["object"], v["table"]) for v in draws}
    assert len(pairs) > 50


def test_adding_an_axis_shifts_no_other_draw():
    task = catalog.task("tabletop_put_on")
    heavy, twin = plan.sample(task, "mass_l5", index=4, seed=9)
    assert {k: v for k, v in heavy.values.items() if k != "mass"} == twin.values


@pytest.mark.parametrize("axis", list(AXES), ids=lambda axis: axis.name)
def test_levels_are_five_and_named(axis):
    assert bool(axis.levels) == bool(axis.sized_by)
    if axis.levels:
        assert len(axis.levels) == 5 and len(set(axis.levels)) == 5 and axis.unit
        steps = [b - a for a, b in zip((axis.nothing, *axis.levels), axis.levels, strict=False)]
        assert all(step > 0 for step in steps) or all(step < 0 for step in steps)
        assert axis.sized_by in {field.name for field in dataclasses.fields(axis)}
    assert axis.variants() and not set(axis.settings) & {"1", "2", "3", "4", "5"}
    assert axis.measure in MEASURES


@pytest.mark.parametrize("axis", [axis for axis in AXES if axis.sized_by], ids=lambda axis: axis.name)
def test_sizes_within_the_bounds_are_made_and_no_others(axis):
    nominal, (least, most) = catalog.task("tabletop_put_on").nominal.get(axis.name, {}), axis.bounds
    assert np.isfinite(axis.bounds).all(), f"{axis.name}: give it `bounds`, the least and the largest size"
    for size in (axis.nothing, *axis.levels, least, most):
        assert getattr(axes.make(axis.name, {**nominal, axis.sized_by: size}, "here"), axis.sized_by) == size
    step = 1 if all(isinstance(size, int) for size in axis.levels) else 1e-6
    for size in (least - step, most + step):
        with pytest.raises(ConfigError, match=rf"here: {axis.name}: `{axis.sized_by}` .* from {least:g} to {most:g}\."):
            axes.make(axis.name, {**nominal, axis.sized_by: size}, "here")
    for size in (float("nan"), float("inf")):
        with pytest.raises(ConfigError, match=f"here: {axis.name}: .*(nan|inf)"):
            axes.make(axis.name, {**nominal, axis.sized_by: size}, "here")


@pytest.mark.parametrize(("axis", "task_name"), LADDERS, ids="-".join)
def test_levels_of_an_episode_differ_and_share_their_clean_twin(axis, task_name):
    task = catalog.task(task_name)
    for index in range(3):
        pairs = [plan.sample(task, axes.variant_name(axis, str(n)), index=index, seed=1) for n in range(1, 6)]
        assert len({json.dumps(episode.values[axis], sort_keys=True) for episode, _ in pairs}) == 5
        assert len({twin.id for _, twin in pairs}) == 1


@pytest.mark.parametrize(("axis", "task_name"), LADDERS, ids="-".join)
def test_draws_of_different_axes_are_independent(axis, task_name):
    """What an axis draws is not what another would draw from the same numbers: their streams differ by name."""
    first = [stream(0, task_name, index, axis).random_sample() for index in range(64)]
    for other in ("object", "position", "mass"):
        if other != axis:
            second = [stream(0, task_name, index, other).random_sample() for index in range(64)]
            assert abs(np.corrcoef(first, second)[0, 1]) < 0.45


def test_limits_name_every_object_whose_synonyms_all_hold_its_name():
    page = (DOCS / "limits.md").read_text(encoding="utf-8").replace("\n  ", " ")
    line = next(line for line in page.splitlines() if "`reference_synonym`" in line)
    objects = manifest.load("household").objects
    held = {one.name for one in objects if all(one.name in said for said in expressions_for("synonym", one))}
    assert held == {one.name for one in objects if re.search(rf"\b{one.name}\b", line)}


def test_clutter_without_room_names_what_takes_it(monkeypatch):
    monkeypatch.setattr(clutter, "ATTEMPTS", 0)
    task = catalog.task("tabletop_put_on")
    with pytest.raises(ConfigError, match=r"Leave out one of the axes .*: camera_pose, reposition, clutter\."):
        plan.sample(task, "camera_pose_l2+clutter_l1+reposition_l1", index=0, seed=0)


def test_an_unknown_parameter_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'split'"):
        axes.make("object", {"splitt": "train"}, "here")


def test_an_unknown_axis_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'texture'"):
        axes.make("textur", {}, "here")


def test_together_is_the_sum_of_the_parts():
    task = catalog.task("tabletop_put_on")
    both, twin = plan.sample(task, "mass_l5+object_test", index=2, seed=0)
    heavy, _ = plan.sample(task, "mass_l5", index=2, seed=0)
    other, _ = plan.sample(task, "object_test", index=2, seed=0)
    assert both.values["mass"] == heavy.values["mass"] and both.values["object"] == other.values["object"]
    assert twin == plan.sample(task, "nominal", index=2, seed=0)[0]


def test_needs_of_a_part_reach_the_other():
    task = catalog.task("tabletop_put_on")
    both, twin = plan.sample(task, "distractor_object_test+position_test", index=0, seed=0)
    assert "third" in both.values["position"] and "third" in twin.values["position"]
    ring = {tuple(spot) for spot in specs.TABLETOP.grid.points("ring")}
    assert tuple(both.values["position"]["source"]) in ring and tuple(twin.values["position"]["source"]) not in ring


@pytest.mark.parametrize(
    ("names", "why"),
    [
        ("distractor_object_test+distractor_receptacle_test", "both take the third place"),
        ("mass_l1+mass_l2", "both take the axis mass"),
        ("object_test+mass_l5", "is called mass_l5\\+object_test"),
        ("mass_l9+object_test", "Did you mean"),
    ],
)
def test_what_cannot_be_together_says_why(names, why):
    with pytest.raises(ConfigError, match=why):
        catalog.condition(catalog.task("tabletop_put_on"), names)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("mass", "Write it as mass:1"),
        ("mass:9", "The axis mass has no level or setting"),
        ("mas:1", "Did you mean 'mass'"),
        ("mass:1,mass:2", "named twice"),
        (" , ", "at least one axis"),
    ],
)
def test_axes_that_are_asked_for_wrongly(text, why):
    with pytest.raises(ConfigError, match=why):
        conditions.from_option(text)


def test_axes_are_asked_for_each_and_all():
    assert conditions.from_option("object:test, mass:3") == ("object_test", "mass_l3", "mass_l3+object_test")
    assert conditions.from_option("mass:3") == ("mass_l3",)
