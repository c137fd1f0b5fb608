"""The monitor of a run's actions: one warning for commands beyond the arm, one hint for a gripper that never closes or opens."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vlagen_bench.harness.episode import PlayedEpisode
from vlagen_bench.scenes.oversized import CAUSES, StepLimits, sizes

FEWEST, SHARE = 5, 0.1
"""so many oversized steps, and such a share of all, are worth a warning: some wild steps of a policy are not"""
EPISODES = 3
"""after so many without a success, the gripper is looked at"""
STILL_M = 1e-3
"""a tool whose target never moves further than this in a step is that of a policy which does nothing"""


class ActionMonitor:
    """A listener that says once what is wrong with the scale of actions, as soon as it can be known."""

    def __init__(self, limits: StepLimits, note: Callable[[str], Any]) -> None:
        """Nothing is seen yet; `note` receives the sentences."""
        self._limits, self._note = limits, note
        self._steps = self._oversized = self._episodes = 0
        self._move_m = self._turn_rad = self._largest = 0.0
        self._gripper: tuple[float, float] | None = None
        self._warned = self._watches = self._gripper_done = False

    def watch(self, actions: np.ndarray) -> None:
        """Sees actions (k, 7) as soon as they are executed."""
        self._watches = True
        self._see(actions)

    def ended(self, played: PlayedEpisode) -> None:
        """Sees the actions of an episode that was played where nothing could be watched, and looks at the gripper."""
        actions = np.array(played.actions)
        if not len(actions):
            return
        if not self._watches:
            self._see(actions)
        if played.result.outcome == "success":
            self._gripper_done = True
        elif self._limits.of_tool and not self._gripper_done and sizes(actions)[0].max() > STILL_M:
            self._see_gripper(actions[:, 6])

    def _see(self, actions: np.ndarray) -> None:
        if self._warned or not len(actions):
            return
        self._steps += len(actions)
        self._oversized += int(self._limits.oversized(actions).sum())
        if self._limits.of_tool:
            move_m, turn_rad = sizes(actions)
            self._move_m, self._turn_rad = max(self._move_m, move_m.max()), max(self._turn_rad, turn_rad.max())
            self._largest = max(self._largest, float(np.abs(actions[:, :6]).max()))
        if self._oversized >= max(FEWEST, SHARE * self._steps):
            self._warned = True
            self._note(self._warning())

    def _warning(self) -> str:
        limits = self._limits
        if not limits.of_tool:
            return (
                f"warning: {self._oversized} of the first {self._steps} actions are beyond {limits}, and its controllers cut them "
                f"there. Is the policy's control mode another one?"
            )
        if self._largest <= 1:
            first = (
                "All lie in [-1, 1], so they may be normalised: undo that with the statistics of the training data. "
            )
        else:
            first = ""
        return (
            f"warning: {self._oversized} of the first {self._steps} actions command more than the arm can do in one control "
            f"step: up to {self._move_m:.3g} m and {self._turn_rad:.3g} rad, and {limits.robot} can do {limits}. {first}{CAUSES} "
            f"(docs/your_policy.md)."
        )

    def _see_gripper(self, values: np.ndarray) -> None:
        low, high = self._gripper or (np.inf, -np.inf)
        self._gripper = low, high = min(low, float(values.min())), max(high, float(values.max()))
        self._episodes += 1
        if low < 0 < high:
            self._gripper_done = True
        elif self._episodes == EPISODES:
            self._gripper_done = True
            self._note(_gripper_hint(low, high))


def _gripper_hint(low: float, high: float) -> str:
    if low >= 0:
        what, cure = "to close (below 0)", "If 0 is closed in your model, answer 2 * g - 1; if +1 is, answer -g."
    else:
        what, cure = "to open (above 0)", "If +1 is closed in your model, answer -g."
    first, last = f"{low:.3g}", f"{high:.3g}"
    values = f"its value was always {first}" if first == last else f"its values were from {first} to {last}"
    return (
        f"hint: in {EPISODES} episodes without a success the gripper was never told {what}: {values}, and here +1 is open, "
        f"-1 closed. {cure}"
    )
