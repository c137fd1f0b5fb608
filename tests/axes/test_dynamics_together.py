"""All dynamics axes in one episode."""

from dataclasses import replace

import pytest

from helpers.dynamics import ACTIONS, pair, path, solve
from vlagen_bench import axes
from vlagen_bench.axes import Draft, apply_stage
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import specs
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.utils.seeding import stream

ALL = "+".join(
    sorted(
        f"{name}_l1"
        for name in (
            "mass", "friction", "object_size", "mass_centre", "gripper_force", "actuator_gains",
            "action_noise", "action_delay", "observation_delay", "dropped_frames", "rate_jitter",
        )
    )
)  # fmt: skip


@pytest.mark.sim
def test_all_together_in_one_episode_is_the_same_every_time_and_replays(blind, drawn):
    episode = pair(ALL, 2)[0]
    status, actions, hashes = solve(blind, episode)
    assert status.success
    assert path(blind, episode, actions)[1] == hashes
    drawn.reset(episode)
    for action, expected in zip(actions, hashes[1:], strict=True):
        drawn.observe()
        drawn.advance(action)
        assert drawn.state_hash() == expected


@pytest.mark.sim
def test_applying_twice_equals_once(blind):
    episode = pair(ALL)[0]
    once = path(blind, episode)[1]
    blind.reset(episode)
    apply_stage(blind.scene, episode.values, "step")
    twice = [blind.state_hash()]
    for action in ACTIONS:
        blind.advance(action)
        twice.append(blind.state_hash())
    assert twice == once


@pytest.mark.sim
@pytest.mark.parametrize("condition", ALL.split("+"))
def test_at_the_size_of_nothing_it_is_the_twin(blind, condition):
    episode, twin = pair(condition)
    name = condition.removesuffix("_l1")
    nothing = axes.make(name, {axes.AXES.get(name).sized_by: axes.AXES.get(name).nothing}, "test")
    draft = Draft(scene=specs.TABLETOP, pack=manifest.load("household"), values=twin.values)
    same = replace(episode, values={**twin.values, name: nothing.sample(stream(0, "test"), draft)})
    assert path(blind, same)[1] == path(blind, twin)[1]


@pytest.mark.sim
@pytest.mark.bridge
def test_all_together_on_the_bridge_scene():
    task = catalog.task("bridge_put_on_fixed")
    sim = Simulator.of(task, drawn=False)
    episode, twin = plan.sample(task, ALL, index=0, seed=5)
    assert path(sim, episode)[1] == path(sim, episode)[1] != path(sim, twin)[1]
