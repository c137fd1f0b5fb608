"""The dynamics axes change what they say in a real scene, and nothing else."""

import numpy as np
import pytest

from helpers.dynamics import ACTIONS, STAY, pair, path
from vlagen_bench import axes
from vlagen_bench.axes import Draft
from vlagen_bench.packs import manifest
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.scenes import specs
from vlagen_bench.utils.seeding import stream


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
