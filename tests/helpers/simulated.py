"""Episodes and their state hashes in the real simulator; pictures of a moving arm."""

from dataclasses import replace
from unittest.mock import patch

import numpy as np

from vlagen_bench.plan import catalog, plan
from vlagen_bench.sim import backdrop
from vlagen_bench.sim.simulator import Simulator

TASK = catalog.task("tabletop_put_on")


ACTIONS = np.random.RandomState(1).uniform(-0.04, 0.04, (8, 7)).astype(np.float32)


def episode(condition, index=0, seed=0):
    return plan.sample(TASK, condition, index=index, seed=seed)[0]


def hashes(sim, played):
    sim.reset(played)
    found = [sim.state_hash()]
    for action in ACTIONS:
        sim.advance(action)
        found.append(sim.state_hash())
    return found


MOVING = np.array([0.03, 0.03, -0.03, 0, 0, 0.2, -1], dtype=np.float32)


def pictures(shadows=True):
    """Of a moving arm, in three kinds of light; of its shadows, too, if asked for."""
    add_lights = backdrop.add_lights

    def without_shadows(scene, ambient, lights):
        return add_lights(scene, ambient, [replace(light, shadow=light.shadow and shadows) for light in lights])

    sim = Simulator.of(TASK)
    found = []
    with patch.object(backdrop, "add_lights", without_shadows):
        for condition in ("nominal", "lighting_l5", "clutter_l3"):
            sim.reset(plan.sample(TASK, condition, index=0, seed=0)[0])
            found.append(sim.observe()["image"])
            for _ in range(5):
                sim.advance(MOVING)
                found.append(sim.observe()["image"])
    return np.stack(found)
