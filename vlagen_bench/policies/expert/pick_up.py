"""The expert's routine of the family "pick up": raise the source higher, and hold it there."""

import numpy as np

from vlagen_bench.policies.expert.facts import Facts
from vlagen_bench.policies.expert.routine import CLOSED, Move, Routine

HEIGHT_M = 0.14
"""of the source's lowest point over where it was before the lift; 4 cm more than the task asks for, since a thing may
swing in the fingers"""
REST_M = 0.01
"""so near to that height the arm stands still: a thing held by a rim slips where the hand moves"""


class PickUpRoutine(Routine):
    """Picks the source up."""

    def carry(self, facts: Facts) -> Move | None:
        """Straight up, then still; begins again if the source is lost."""
        if self._dropped(facts):
            return self._enter(self.give_up)
        missing_m = self.start.bottom_m + HEIGHT_M - self.source.bottom_m
        if missing_m < REST_M:
            return self._stay(facts, CLOSED)
        return self._move(self.tips + np.array([0.0, 0.0, missing_m]), self.yaw, CLOSED, slow=True)
