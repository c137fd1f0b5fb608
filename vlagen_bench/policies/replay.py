"""Built-in policy: repeats the actions that another run recorded."""

from pathlib import Path
from typing import Any

import numpy as np

from vlagen_bench.errors import PolicyError
from vlagen_bench.runs.actions import read_actions


class Replay:
    """Plays `actions/<episode id>.npz` of a run folder, whatever it sees. Not a policy to rank."""

    privileged = True

    def __init__(self, run: str = "") -> None:
        if not run or not Path(run).is_dir():
            raise PolicyError(
                f"The policy 'replay' needs a run folder, not '{run}'. Give one: --policy-args run=runs/NAME"
            )
        self._run = Path(run)
        self._actions = np.empty((0, 0), np.float32)
        self._next = 0

    def reset(self, episode_ids: list[str]) -> None:
        """Loads the actions of the episode that begins."""
        self._actions, _ = read_actions(self._run, episode_ids[0])
        self._next = 0

    def act(self, obs: dict[str, Any], instr: str) -> np.ndarray:
        """The next recorded action; raises `PolicyError` where the recording ends."""
        if self._next >= len(self._actions):
            raise PolicyError(f"The recording in {self._run} has only {len(self._actions)} actions of this episode.")
        self._next += 1
        return self._actions[self._next - 1]
