"""One oracle: what solves a task of ManiSkill from the state of the simulator, and within how many steps."""

import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vlagen_bench.errors import ConfigError
from vlagen_bench.sim.maniskill.oracles.handover import actions_of
from vlagen_bench.sim.maniskill.oracles.planner import Unreachable
from vlagen_bench.sim.maniskill.oracles.stand_in import shipped_solutions

Actions = Generator[np.ndarray, None, None]
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Oracle:
    """Yields actions for a running episode of one task. Privileged: it reads poses that no policy is told."""

    env_id: str
    step_limit: int
    """ours: the registered limits are shorter than the slow motions of most oracles need"""
    registered_limit: int
    """ManiSkill's"""
    version: int
    """rises when its actions may change, so that what was measured before is not taken for it"""
    routine: Callable[[Any], Actions] | None = None
    """ours; None: `shipped` names ManiSkill's"""
    shipped: str = ""
    control_mode: str = "pd_joint_pos"

    def actions(self, env: Any) -> Actions:
        """Actions for the episode that `env` has begun, one at a time; the caller steps the environment between two.

        It ends early where the arm cannot go on. Raises `ConfigError` for a control mode that it does not know.
        """
        given = env.unwrapped.control_mode
        if given != self.control_mode:
            raise ConfigError(
                f"The oracle of {self.env_id} acts in the control mode '{self.control_mode}', and the environment has "
                f"'{given}'. Make it with control_mode='{self.control_mode}'."
            )
        return self._ours(env) if self.routine else self._shipped(env)

    def _ours(self, env: Any) -> Actions:
        assert self.routine is not None
        try:
            yield from self.routine(env)
        except Unreachable as error:
            log.info("%s: %s", self.env_id, error)

    def _shipped(self, env: Any) -> Actions:
        return actions_of(shipped_solutions()[self.shipped], env)
