"""Do the dynamics axes change what they say, in a real scene, and nothing else?"""

from dataclasses import replace

import numpy as np
import pytest

from vlagen_bench import axes
from vlagen_bench.axes import Draft, apply_stage
from vlagen_bench.errors import PolicyError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.expert.motion import step_towards
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.policies.expert.view import facts_of
from vlagen_bench.scenes import specs
from vlagen_bench.sim.channel import Line
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.utils.seeding import stream

TASK = catalog.task("tabletop_put_on")
ACTIONS = np.random.RandomState(1).uniform(-0.04, 0.04, (8, 7)).astype(np.float32)
STAY = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)
ALL = "+".join(
    sorted(
        f"{name}_l1"
        for name in (
            "mass", "friction", "object_size", "mass_centre", "gripper_force", "actuator_gains",
            "action_noise", "action_delay", "observation_delay", "dropped_frames", "rate_jitter",
        )
    )
)  # fmt: skip


@pytest.fixture(scope="module")
def blind():
    return Simulator(specs.TABLETOP, drawn=False, success=TASK.success)


@pytest.fixture(scope="module")
def drawn():
    return Simulator(specs.TABLETOP, success=TASK.success)


def pair(condition, index=0):
    return plan.sample(TASK, condition, index=index, seed=5)


def path(sim, episode, actions=ACTIONS):
    """The tool's positions (N, 3) and the state hashes under the same actions."""
    sim.reset(episode)
    points, hashes = [], [sim.state_hash()]
    for action in actions:
        sim.advance(action)
        points.append(sim.arm.tool.p)
        hashes.append(sim.state_hash())
    return np.array(points), hashes


def solve(sim, episode):
    """The expert's last status, its actions, and the state hashes."""
    status, expert = sim.reset(episode), Expert()
    expert.attach(sim)
    expert.reset([episode.id])
    actions, hashes = [], [sim.state_hash()]
    while not status.success and sim.steps < TASK.max_steps:
        actions.append(expert.act(None, ""))
        status = sim.advance(actions[-1])
        hashes.append(sim.state_hash())
    return status, actions, hashes


def look_of(view):
    return view["image"].tobytes(), view["state"].tobytes()


# The line, by itself -----------------------------------------------------------------------------------------------


def test_an_action_arrives_late_and_before_it_the_arm_holds_still():
    line, told = Line(action_delay=2), list(np.arange(35, dtype=np.float32).reshape(5, 7))
    arrived = [line.arriving(told[: step + 1]) for step in range(5)]
    assert np.array_equal(arrived[:2], [STAY, STAY])
    assert np.array_equal(arrived[2:], told[:3])


def test_noise_has_its_size_is_new_in_each_step_and_spares_the_gripper():
    line = Line(noise_m=0.01, noise_rad=0.05, noise_seed=3)
    noise = np.array([line.arriving([STAY] * step) - STAY for step in range(1, 401)])
    assert noise[:, :3].std() == pytest.approx(0.01, rel=0.1)
    assert noise[:, 3:6].std() == pytest.approx(0.05, rel=0.1)
    assert not noise[:, 6].any()
    assert len(np.unique(noise[:, 0])) == 400
    assert np.array_equal(line.arriving([STAY] * 7), line.arriving([STAY] * 7))


def test_stronger_noise_is_the_same_noise_further():
    weak, strong = (Line(noise_m=size, noise_seed=3).arriving([STAY]) - STAY for size in (0.01, 0.03))
    assert strong == pytest.approx(3 * weak, abs=1e-6)


def test_what_is_shown_is_never_newer_than_it_may_be_and_never_goes_back():
    line = Line(observation_delay=3, loss=0.5, loss_seed=1)
    shown = [line.shown(step) for step in range(200)]
    assert shown[:4] == [0, 0, 0, 0]
    assert shown == sorted(shown)
    assert all(seen <= max(0, step - 3) and not line.lost(seen) for step, seen in enumerate(shown))
    assert np.mean([line.lost(step) for step in range(200)]) == pytest.approx(0.5, abs=0.1)


def test_what_a_low_level_loses_a_high_level_loses_too():
    few, many = (Line(loss=share, loss_seed=9) for share in (0.2, 0.7))
    assert all(many.lost(step) for step in range(100) if few.lost(step))


def test_steps_last_within_their_bounds_and_as_long_as_they_should_on_average():
    lengths = [Line(jitter=0.4, jitter_seed=2).length(step) for step in range(400)]
    assert 0.6 <= min(lengths) < 0.62 and 1.38 < max(lengths) <= 1.4
    assert np.mean(lengths) == pytest.approx(1.0, abs=0.03)


# Sizes -------------------------------------------------------------------------------------------------------------


def drawn_size(object_id, growth, seed):
    axis = axes.make("object_size", {"growth": growth}, "test")
    draft = Draft(scene=specs.TABLETOP, pack=manifest.load("household"), values={"object": object_id})
    return axis.sample(stream(seed, "size"), draft)


def test_levels_of_one_episode_all_grow_or_all_shrink():
    both = set()
    for seed in range(8):
        factors = [drawn_size("lemon", growth, seed) for growth in (0.1, 0.3, 0.5)]
        assert factors in ([1.1, 1.3, 1.5], [round(1 / (1 + growth), 6) for growth in (0.1, 0.3, 0.5)])
        both.add(factors[0] > 1)
    assert both == {True, False}


def test_what_would_not_fit_between_the_fingers_only_shrinks():
    assert all(drawn_size("soup_can", 0.1, seed) < 1 for seed in range(8))


@pytest.mark.sim
def test_a_model_of_another_size_is_so_in_every_respect(blind):
    episode, twin = pair("object_size_l5")
    factor = episode.values["object_size"]
    measured = []
    for one in (twin, episode):
        blind.reset(one)
        body = blind.body("source")
        corners = np.concatenate([shape.vertices * shape.scale for shape in body.rigid.collision_shapes])
        measured.append((np.ptp(corners, axis=0), np.array(body.model.extents_m), body.rigid.mass))
        assert body.position_m[2] == pytest.approx(body.model.extents_m[2] / 2, abs=0.006)
        assert blind.judge.sizes_m["source"].max() == pytest.approx(max(body.model.extents_m), rel=0.02)
    (hull, box, mass), (scaled_hull, scaled_box, scaled_mass) = measured
    assert scaled_hull == pytest.approx(hull * factor, rel=1e-4)
    assert scaled_box == pytest.approx(box * factor)
    assert scaled_mass == pytest.approx(mass * factor**3, rel=1e-3)


@pytest.mark.sim
def test_another_size_is_seen(drawn):
    episode, twin = pair("object_size_l1")
    pixels = {}
    for one in (episode, twin):
        drawn.reset(one)
        drawn.observe()
        pixels[one.id] = drawn.seen_px("source")
    assert (pixels[episode.id] > pixels[twin.id]) == (episode.values["object_size"] > 1)


# Bodies and drives -------------------------------------------------------------------------------------------------


@pytest.mark.sim
def test_mass_friction_and_centre_are_what_the_episode_says(blind):
    episode, twin = pair("friction_l3+mass_centre_l5+mass_l3")
    found = {}
    for one in (twin, episode):
        blind.reset(one)
        body, finger = blind.body("source"), blind.world.links["panda_leftfinger"]
        found[one.id] = (
            body.rigid.mass,
            body.rigid.inertia,
            body.rigid.cmass_local_pose.p,
            body.rigid.collision_shapes[0].physical_material.static_friction,
            finger.collision_shapes[0].physical_material.dynamic_friction,
        )
        other = blind.body("target").rigid.collision_shapes[0].physical_material
        assert other.static_friction == pytest.approx(1.0)
    (mass, inertia, centre, friction, grip), changed = found[twin.id], found[episode.id]
    factor, divisor = episode.values["mass"], episode.values["friction"]
    assert changed[0] == pytest.approx(factor * mass, rel=1e-5)
    assert changed[1] == pytest.approx(factor * inertia, rel=1e-4)
    half_m = np.array(blind.body("source").model.extents_m) / 2
    assert changed[2] - centre == pytest.approx(half_m * episode.values["mass_centre"], abs=1e-5)
    assert changed[3:] == pytest.approx((friction / divisor, grip / divisor), rel=1e-5)


@pytest.mark.sim
def test_friction_of_one_episode_does_not_reach_the_next(blind):
    nominal = path(blind, pair("nominal")[0])[1]
    path(blind, pair("friction_l5")[0])
    assert path(blind, pair("nominal")[0])[1] == nominal


def press_n(sim, condition):
    """How hard the left finger presses the source, two steps after the expert has grasped it."""
    status, expert = sim.reset(pair(condition, 1)[0]), Expert()
    expert.attach(sim)
    expert.reset(["any"])
    held = 0
    while held < 3:
        status = sim.advance(expert.act(None, ""))
        held += status.grasped_now
    finger, thing = (
        entity.per_scene_id for entity in (sim.world.links["panda_leftfinger"].entity, sim.body("source").entity)
    )
    return np.linalg.norm(sim.world.forces_n()[frozenset((finger, thing))])


@pytest.mark.sim
def test_weaker_fingers_press_less(blind):
    nominal = press_n(blind, "nominal")
    weaker = [press_n(blind, f"gripper_force_l{level}") for level in (2, 4)]
    assert weaker == pytest.approx([nominal / 4, nominal / 16], rel=0.1)


@pytest.mark.sim
def test_a_softer_arm_follows_less_closely(blind):
    nominal, soft, softer = (
        path(blind, pair(name)[0])[0] for name in ("nominal", "actuator_gains_l2", "actuator_gains_l5")
    )
    off = [np.linalg.norm(points - nominal, axis=1).mean() for points in (soft, softer)]
    assert 0.001 < off[0] < off[1]


# Time --------------------------------------------------------------------------------------------------------------


@pytest.mark.sim
def test_late_actions_are_the_same_motion_later(blind):
    nominal = path(blind, pair("nominal")[0])[0]
    late = path(blind, pair("action_delay_l3")[0], [*ACTIONS, STAY, STAY, STAY])[0]
    assert late[3:] == pytest.approx(nominal, abs=0.002)


@pytest.mark.sim
@pytest.mark.parametrize("name", ["action_noise", "rate_jitter"])
def test_higher_levels_lead_further_from_the_twins_way(blind, name):
    nominal = path(blind, pair("nominal")[0])[0]
    off = [np.linalg.norm(path(blind, pair(f"{name}_l{n}")[0])[0] - nominal, axis=1).mean() for n in (1, 3, 5)]
    assert 0 < off[0] < off[1] < off[2]


@pytest.mark.sim
def test_observations_come_as_late_as_the_episode_says_however_often_anyone_looks(drawn):
    episode, twin = pair("observation_delay_l3")
    drawn.reset(twin)
    true, hashes = [look_of(drawn.observe())], [drawn.state_hash()]
    for action in ACTIONS:
        drawn.advance(action)
        true.append(look_of(drawn.observe()))
        hashes.append(drawn.state_hash())
    for every in (1, 4):
        drawn.reset(episode)
        for step in range(len(ACTIONS) + 1):
            assert drawn.shown_step == max(0, step - 3)
            if step % every == 0:
                assert look_of(drawn.observe()) == true[drawn.shown_step] == look_of(drawn.observe())
            assert drawn.state_hash() == hashes[step]
            if step < len(ACTIONS):
                drawn.advance(ACTIONS[step])


@pytest.mark.sim
def test_a_lost_observation_is_the_one_before_again(drawn):
    episode, twin = pair("dropped_frames_l4")
    drawn.reset(twin)
    true = [look_of(drawn.observe())]
    for action in ACTIONS:
        drawn.advance(action)
        true.append(look_of(drawn.observe()))
    drawn.reset(episode)
    shown = []
    for action in ACTIONS:
        assert look_of(drawn.observe()) == true[drawn.shown_step]
        shown.append(drawn.shown_step)
        drawn.advance(action)
    assert len(set(shown)) < len(shown)


@pytest.mark.sim
def test_a_late_picture_belongs_to_who_asked_for_it(drawn):
    drawn.reset(pair("observation_delay_l2")[0])
    drawn.observe()["image"][:] = 0
    assert drawn.observe()["image"].any()


# The expert --------------------------------------------------------------------------------------------------------


@pytest.mark.sim
def test_without_delay_the_expert_decides_on_what_is_true_now(blind):
    episode, _ = pair("nominal", 1)
    _, actions, _ = solve(blind, episode)
    blind.reset(episode)
    expert = Expert()
    expert.attach(blind)
    routine = expert._begin()
    for action in actions:
        facts = facts_of(blind)
        move = routine.decide(facts)
        expected = step_towards(
            move.goal, facts.target, facts.base, step_m=move.step_m, step_rad=0.30, fingers=move.fingers
        )
        assert np.array_equal(action, expected)
        blind.advance(action)


@pytest.mark.sim
def test_the_expert_knows_nothing_newer_than_what_is_shown(blind):
    blind.reset(pair("observation_delay_l3")[0])
    expert = Expert()
    expert.attach(blind)
    known = []
    for _ in range(6):
        facts = expert._shown()
        known.append(facts.tool.origin)
        truth = facts_of(blind)
        assert facts.late == min(blind.steps, 3)
        assert facts.target.origin == pytest.approx(truth.target.origin, abs=1e-6)
        assert facts.target.axes == pytest.approx(truth.target.axes, abs=1e-5)
        blind.advance(ACTIONS[blind.steps])
    assert np.array_equal(known[:4], [known[0]] * 4) and not np.array_equal(known[4], known[3])


@pytest.mark.sim
def test_an_expert_that_comes_too_late_says_so(blind):
    blind.reset(pair("observation_delay_l3")[0])
    for action in ACTIONS:
        blind.advance(action)
    expert = Expert()
    expert.attach(blind)
    with pytest.raises(PolicyError, match="from the first step on"):
        expert.act(None, "")


@pytest.mark.sim
@pytest.mark.parametrize("name", ["action_delay", "observation_delay", "dropped_frames"])
def test_the_expert_copes_with_delays(blind, name):
    assert solve(blind, pair(f"{name}_l5", 1)[0])[0].success


# All of it ---------------------------------------------------------------------------------------------------------


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
    sim = Simulator(specs.BRIDGE, drawn=False, success=task.success)
    episode, twin = plan.sample(task, ALL, index=0, seed=5)
    assert path(sim, episode)[1] == path(sim, episode)[1] != path(sim, twin)[1]
