"""The axes of time, and how the expert copes with them."""

import numpy as np
import pytest

from helpers.dynamics import ACTIONS, pair, solve
from vlagen_bench.errors import PolicyError
from vlagen_bench.policies.expert.motion import step_towards
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.policies.expert.view import facts_of


def look_of(view):
    return view["image"].tobytes(), view["state"].tobytes()


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
