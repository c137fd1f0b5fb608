"""Two axes of one episode that set the same thing: refused, unless one builds on the other."""

import itertools
from dataclasses import make_dataclass

import pytest

from helpers.outside import forgotten
from vlagen_bench.axes import STAGES, SizeAxis, apply_stage, axis
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog, conditions, plan
from vlagen_bench.scenes.verbs import FakeScene

ORBIT = {"azimuth_rad": 0.1, "elevation_rad": 0.0, "roll_rad": 0.0}


def own(verb, *args, after=(), stage="render", takes=()):
    def apply(scene, value):
        getattr(scene, verb)(*args)

    named = {"name": "own", "kind": "vision", "stage": stage, "after": after, "takes": takes, "__doc__": "One."}
    size = {"sized_by": "size", "unit": "times", "levels": (1.0, 2.0, 3.0, 4.0, 5.0), "bounds": (0.0, 9.0)}
    namespace = {**named, **size, "apply": staticmethod(apply)}
    fields = [("size", float, 1.0)]
    return axis(make_dataclass("Own", fields, bases=(SizeAxis,), namespace=namespace, frozen=True, kw_only=True))


@pytest.mark.parametrize(
    ("values", "verb", "args", "stage", "says"),
    [
        (
            {"camera_pose": ORBIT},
            "orbit_camera",
            (0.0, 0.1, 0.0),
            "render",
            "camera_pose and own both use orbit_camera",
        ),
        ({"exposure": 1.0}, "expose", (2.0,), "render", "exposure and own both use expose"),
        ({"mass": 2.0}, "scale_mass", ("source", 3.0), "step", "mass and own both use scale_mass on the source"),
        ({"mass": 2.0}, "scale_mass", ("target", 3.0), "step", None),
        ({"exposure": 1.0}, "blur", (2.0,), "render", None),
    ],
)
def test_an_axis_that_would_undo_another_is_a_sentence(values, verb, args, stage, says):
    scene = FakeScene()
    with forgotten():
        own(verb, *args, stage=stage)
        if says is None:
            apply_stage(scene, {**values, "own": 1.0}, stage)
            assert len(scene.calls) == 2
        else:
            with pytest.raises(ConfigError, match=says):
                apply_stage(scene, {**values, "own": 1.0}, stage)


def test_an_axis_that_builds_on_another_may_set_it_anew():
    scene = FakeScene()
    with forgotten():
        own("orbit_camera", 0.0, 0.1, 0.0, after=("camera_pose",))
        apply_stage(scene, {"camera_pose": ORBIT, "own": 1.0}, "render")
    assert [verb for verb, _ in scene.calls] == ["orbit_camera"] * 2


def test_an_axis_that_takes_the_camera_pose_is_refused_with_it_before_a_run():
    assert "camera pose" in conditions.axis_of("camera_pose_l3").takes


@pytest.mark.parametrize("name", ["tabletop_put_on", "tabletop_pick_up"])
def test_no_two_shipped_axes_that_may_be_together_undo_each_other(name):
    task = catalog.task(name)
    last = {
        axis_name: condition for condition in task.condition_names() if (axis_name := conditions.axis_of(condition))
    }
    applied = 0
    for pair in itertools.combinations(sorted(last.values()), 2):
        try:
            values = plan.sample(task, "+".join(pair), index=0, seed=0)[0].values
        except ConfigError:  # they exclude each other
            continue
        for stage in STAGES:
            apply_stage(FakeScene(), values, stage)
        applied += 1
    assert applied > 300
