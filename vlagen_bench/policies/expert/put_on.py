"""The expert's routine of the family "put on": carry, lower, release and retreat."""

import numpy as np

from vlagen_bench.policies.expert import places
from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.motion import tip_sweep
from vlagen_bench.policies.expert.routine import A_MOMENT, CLOSED, CORRIDOR_M, OPEN, OVER_OTHERS_M, Move, Routine
from vlagen_bench.policies.expert.shapes import Shape

# As in the prototype (research notes), but for a stricter `NEAR_PLACE_M`, without which a heavy thing on a light plate
# tips it over.
CARRY_OVER_TARGET_M = 0.02
NEAR_PLACE_M = 0.006
TOUCHDOWN_M = 0.001
ABOVE_WHEN_DONE_M = 0.03
AIM_AT_MASS = 0.7  # the rest of the weight is on the origin, which the success test looks at
PATIENCE = {"carry": 15, "lower": 12, "release": 12, "lost": 3}
"""control steps to stay in a phase at most; `lost`: without success in a row, before all begins again"""


class PutOnRoutine(Routine):
    """Puts the source on the target."""

    @property
    def target(self) -> Shape:
        """The receptacle, where it is now."""
        return self.placed["target"]

    def _aside(self, facts: Facts) -> np.ndarray:
        """World x, y (2,) that the source is still away from where it should be put down."""
        aim = AIM_AT_MASS * self.source.centre_of_mass + (1 - AIM_AT_MASS) * facts.poses["source"].origin
        return places.middle_of(self.target) - aim[:2]

    def carry(self, facts: Facts) -> Move | None:
        """Over the target, above everything on the way."""
        if self._dropped(facts):
            return self._enter(self.give_up)
        aside = self._aside(facts)
        lowest_m = min(self.source.bottom_m, self.tips[2])
        end = self.tips + [*aside, 0.0]
        over_m = max(
            self.target.top_m + CARRY_OVER_TARGET_M,
            places.top_along(self.tips, end, self.obstacles, CORRIDOR_M) + OVER_OTHERS_M,
        )
        missing_m = over_m - lowest_m
        if np.linalg.norm(aside) < NEAR_PLACE_M or self.felt > PATIENCE["carry"]:
            return self._enter(self.lower)
        xy = self.tips[:2] + (aside if missing_m < OVER_OTHERS_M else 0.0)
        return self._move(np.array([*xy, self.tips[2] + missing_m]), self.yaw, CLOSED)

    def lower(self, facts: Facts) -> Move | None:
        """Down until the source touches the target."""
        if self._dropped(facts):
            return self._enter(self.give_up)
        falling = self.source.points, tip_sweep(self.gripper, facts.tool)
        fall_m = min(places.gap_m(points, self.obstacles) for points in falling)
        if facts.status.placed or fall_m < 2 * TOUCHDOWN_M or self.felt > PATIENCE["lower"]:
            return self._enter(self.release)
        goal = self.tips + [*self._aside(facts), TOUCHDOWN_M - min(fall_m, self.tips[2] - self.table_m)]
        return self._move(goal, self.yaw, CLOSED, slow=True)

    # Away from it --------------------------------------------------------------------------------------------------

    def release(self, facts: Facts) -> Move | None:
        """Opens the fingers, and keeps them around the source until it rests; a can may roll to and fro for long."""
        done = min(self.rested, self.felt - 1) >= A_MOMENT and not facts.touched
        if done or (self.felt > PATIENCE["release"] and not facts.status.success):
            self.away = self.tips.copy()
            self.away[2] = max(self.tips[2], self.source.top_m) + ABOVE_WHEN_DONE_M
            self.lost = 0
            return self._enter(self.retreat)
        if facts.touched and self.rested >= A_MOMENT:
            # It leans on a finger, which would pull it along on the way up.
            closing = facts.tool.axes[:, 1]
            along = (self.source.points - self.tips) @ closing
            return self._move(self.tips + closing * (along.min() + along.max()) / 2, self.yaw, OPEN)
        return self._stay(facts, OPEN)

    def retreat(self, facts: Facts) -> Move | None:
        """Straight up and stay; begin again if the source does not stay where it should."""
        self.lost = 0 if facts.status.success else self.lost + 1
        risen = self.tips[2] > self.away[2] - ABOVE_WHEN_DONE_M / 3
        if risen and self.lost >= PATIENCE["lost"] and self.rested:
            self.failed, self.seen = [], {}
            return self._enter(self.approach)
        return self._move(self.away, self.yaw, OPEN)
