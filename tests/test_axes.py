"""The contract of every axis, over all that are registered."""

import json

import pytest

from vlagen_bench import axes, catalog, packs, plan, specs
from vlagen_bench.axes import AXES, STAGES, Draft
from vlagen_bench.errors import ConfigError
from vlagen_bench.scene import FakeScene
from vlagen_bench.seeding import stream

USES = sorted(
    {
        (axis, task.name, name)
        for task in map(catalog.task, catalog.task_names())
        for name in task.condition_names()
        for axis in catalog.axis_set(task, task.condition(name))
    }
)


def made(axis: str, task_name: str, condition: str):
    task = catalog.task(task_name)
    parameters = catalog.axis_set(task, task.condition(condition))[axis]
    scene = specs.scene(task.scene)
    values = plan.sample(task, condition, index=0, seed=0)[0].values
    return axes.make(axis, parameters, "test"), Draft(scene=scene, pack=packs.load(scene.pack), values=values)


@pytest.mark.parametrize("axis", list(AXES), ids=lambda axis: axis.name)
def test_it_says_what_it_is(axis):
    assert axis.kind in ("vision", "semantics", "execution", "dynamics")
    assert axis.stage in STAGES
    assert axis.__doc__
    assert set(axis.after) <= set(AXES.names())


@pytest.mark.parametrize("axis", list(AXES), ids=lambda axis: axis.name)
def test_it_is_used_by_a_task(axis):
    assert any(use[0] == axis.name for use in USES)


@pytest.mark.parametrize("use", USES, ids="-".join)
def test_the_same_stream_gives_the_same_value(use):
    axis, draft = made(*use)
    assert axis.sample(stream(1, "a"), draft) == axis.sample(stream(1, "a"), draft)


@pytest.mark.parametrize("use", USES, ids="-".join)
def test_values_survive_json(use):
    axis, draft = made(*use)
    value = axis.sample(stream(1, "a"), draft)
    assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize("use", USES, ids="-".join)
def test_apply_speaks_scene_verbs_alone_and_always_the_same(use):
    axis, draft = made(*use)
    value = axis.sample(stream(1, "a"), draft)
    first, second = FakeScene(), FakeScene()
    axis.apply(first, value)
    axis.apply(second, json.loads(json.dumps(value)))
    assert first.calls == second.calls != []


@pytest.mark.parametrize("use", USES, ids="-".join)
def test_a_pool_is_walked_from_end_to_end(use):
    axis, draft = made(*use)
    if isinstance(axis, axes.PoolAxis):
        size = axis.size(draft)
        assert size >= 1
        assert axis.pick(0, draft) is not None
        assert size == 1 or axis.pick(0, draft) != axis.pick(size - 1, draft)


def test_axes_draw_independently():
    task = catalog.task("tabletop_put_on")
    draws = [plan.sample(task, "heavy_object", index=i, seed=0)[0].values for i in range(200)]
    pairs = {(v["object"], v["table"]) for v in draws}
    assert len(pairs) > 50


def test_adding_an_axis_shifts_no_other_draw():
    task = catalog.task("tabletop_put_on")
    heavy, twin = plan.sample(task, "heavy_object", index=4, seed=9)
    assert {k: v for k, v in heavy.values.items() if k != "mass"} == twin.values


def test_factors_keep_their_bounds():
    axis = axes.make("mass", {"factor": [3.0, 5.0]}, "test")
    task = catalog.task("tabletop_put_on")
    scene = specs.scene(task.scene)
    draft = Draft(scene=scene, pack=packs.load(scene.pack), values={})
    values = [axis.sample(stream(0, i), draft) for i in range(200)]
    assert 3.0 <= min(values) < 3.2 and 4.8 < max(values) <= 5.0


def test_an_unknown_parameter_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'split'"):
        axes.make("object", {"splitt": "train"}, "here")


def test_an_unknown_axis_is_refused():
    with pytest.raises(ConfigError, match="Did you mean 'texture'"):
        axes.make("textur", {}, "here")
