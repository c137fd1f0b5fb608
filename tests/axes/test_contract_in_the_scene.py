"""The contract of every axis in the simulator: what it may change, what it must, and what it must leave alone."""

import dataclasses

import numpy as np
import pytest

from vlagen_bench import axes
from vlagen_bench.axes import AXES, STAGES, apply_stage
from vlagen_bench.axes.base import Axis
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import specs
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim import simulator as simulator_module
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.tasks import offer_of
from vlagen_bench.types import Episode

pytestmark = pytest.mark.sim

TABLETOP, BRIDGE = "tabletop_put_on", "bridge_put_on_fixed"
ACTIONS = [np.array([0.02, 0.01, -0.02, 0, 0, 0.1, -1], np.float32)] * 4


def hardest(task_name: str):
    """Every axis of the task's scene at its highest level, and in each of its settings."""
    task = catalog.task(task_name)
    scene = task.scene
    marks = [pytest.mark.bridge] if scene == "bridge" else []
    return [
        pytest.param((task_name, axis.name, which), marks=marks, id=f"{scene}-{axes.variant_name(axis.name, which)}")
        for axis in AXES
        if axes.lack_of(axis, offer_of(task)) is None
        for which in axis.variants()
        if not which.isdigit() or which == "5"
    ]


USES = [*hardest(TABLETOP), *hardest(BRIDGE)]
SIZED = [use for use in USES if use.values[0][2] == "5"]
_SIMULATORS: dict[str, Simulator] = {}
Played = tuple[list[str], list[np.ndarray], list[np.ndarray]]
"""state hashes from reset on, the first pictures and the last, those of the primary camera first"""


def simulator(task_name: str) -> Simulator:
    """One that draws all cameras of the task's scene."""
    if task_name not in _SIMULATORS:
        task = catalog.task(task_name)
        scene = specs.of_task(task)
        _SIMULATORS[task_name] = Simulator.of(task, cameras=CameraChoice.of(scene, scene.camera_names))
    return _SIMULATORS[task_name]


def played(sim: Simulator, episode) -> Played:
    status = sim.reset(episode)
    assert not status.success and not status.placed and not status.grasped_now
    hashes, first = [sim.state_hash()], sim.observe()["images"]
    for action in ACTIONS:
        sim.advance(action)
        hashes.append(sim.state_hash())
    return hashes, list(first.values()), list(sim.observe()["images"].values())


_TWINS: dict[tuple[str, str], Played] = {}
"""what the clean twins are like, by task and id: most axes have the same twin, which need not be played for each"""


def twin_played(sim: Simulator, task_name: str, twin) -> Played:
    if (task_name, twin.id) not in _TWINS:
        _TWINS[task_name, twin.id] = played(sim, twin)
    return _TWINS[task_name, twin.id]


def same(found: list[np.ndarray], others: list[np.ndarray]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(found, others, strict=True))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Use:
    """An axis at one of its levels, and an episode with it that was played once for all tests."""

    sim: Simulator
    task_name: str
    axis: Axis
    episode: Episode
    twin: Episode
    once: Played


@pytest.fixture(scope="module", params=USES)
def use(request) -> Use:
    task_name, axis, which = request.param
    sim, task = simulator(task_name), catalog.task(task_name)
    episode, twin = plan.sample(task, axes.variant_name(axis, which), index=1, seed=5)
    once = played(sim, episode)
    return Use(sim=sim, task_name=task_name, axis=AXES.get(axis), episode=episode, twin=twin, once=once)


def test_it_changes_what_it_says_and_only_that(use):
    kind = use.axis
    hashes, first, _ = use.once
    clean, before, _ = twin_played(use.sim, use.task_name, use.twin)
    assert np.array_equal(first[0], before[0]) != kind.shows
    for seen, clean_seen in zip(first[1:], before[1:], strict=True):
        if kind.cameras != "scene" or not kind.shows:
            assert np.array_equal(seen, clean_seen) == (kind.cameras != "every")
    if kind.stage in ("prompt", "render"):
        assert hashes == clean


def test_applying_twice_equals_once(use, monkeypatch):
    applied = []

    def twice_over(scene, values, stage):
        for _ in range(2):
            apply_stage(scene, values, stage)
        applied.append(stage)

    monkeypatch.setattr(simulator_module, "apply_stage", twice_over)
    twice = played(use.sim, use.episode)
    assert tuple(applied) == STAGES
    assert use.once[0] == twice[0] and same(use.once[1], twice[1]) and same(use.once[2], twice[2])


@pytest.mark.parametrize("which_use", SIZED)
def test_of_size_nothing_it_changes_nothing(which_use):
    task_name, axis, which = which_use
    sim, task, kind = simulator(task_name), catalog.task(task_name), AXES.get(axis)
    name = axes.variant_name(axis, which)
    condition = catalog.condition(task, name)
    perturb = {axis: {**condition.perturb[axis], kind.sized_by: kind.nothing}}
    nothing = dataclasses.replace(condition, perturb=perturb)
    unharmed = dataclasses.replace(task, conditions={**task.conditions, name: nothing})
    episode, twin = plan.sample(unharmed, name, index=3, seed=5)
    clean = twin_played(sim, task_name, twin)
    found = played(sim, episode)
    assert found[0] == clean[0] and same(found[1], clean[1]) and same(found[2], clean[2])


def test_many_axes_at_once_play():
    sim, task = simulator(TABLETOP), catalog.task(TABLETOP)
    names = "action_noise_l2+camera_pose_l2+lighting_l3+mass_l2+object_test+observation_delay_l1+push_l1+table_test"
    episode, twin = plan.sample(task, names, index=0, seed=0)
    assert played(sim, episode)[0] == played(sim, episode)[0] != played(sim, twin)[0]
