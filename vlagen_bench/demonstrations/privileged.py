"""What only a simulator knows of each frame: where source, target and distractor are, in the world and in the picture."""

from collections.abc import Mapping
from typing import Any

import numpy as np

ROLES = ("source", "target", "distractor")
"""whose places are kept; NaN where an episode has nothing in a role"""
PREFIX = "privileged."
WIDTHS = {f"{role}_{what}": width for role in ROLES for what, width in (("m", 3), ("px", 2))}
"""name -> how many numbers: x, y, z (m) in the world, and x, y in the primary camera's picture"""


def positions(sim: Any) -> Mapping[str, np.ndarray]:
    """`source_m`, `source_px` and so on, float32, of a `sim.simulator.Simulator` whose scene is drawn.

    A thing's place is the origin of its model, which is its middle as seen from above. Pixels are those of the picture as it is
    drawn, from the upper left corner; what is outside it, or hidden in it, has a place there all the same.
    """
    found: dict[str, np.ndarray] = {}
    camera = sim.sight.primary
    for role in ROLES:
        body = sim.world.bodies.get(role)
        if body is None:
            found[f"{role}_m"], found[f"{role}_px"] = np.full(3, np.nan, np.float32), np.full(2, np.nan, np.float32)
            continue
        place_m = np.asarray(body.position_m)
        found[f"{role}_m"] = place_m.astype(np.float32)
        found[f"{role}_px"] = (camera.view.project(place_m[None])[0] * camera.spec.scale).astype(np.float32)
    return found
