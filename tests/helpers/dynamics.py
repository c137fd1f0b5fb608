"""Episodes of the dynamics axes, and the ways that they take."""

import numpy as np

from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.expert.policy import Expert

TASK = catalog.task("tabletop_put_on")
ACTIONS = np.random.RandomState(1).uniform(-0.04, 0.04, (8, 7)).astype(np.float32)
STAY = np.array([0, 0, 0, 0, 0, 0, 1], np.float32)


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
