"""The limits on time, attempts and memory."""

from dataclasses import dataclass

from vlagen_bench.errors import ConfigError

LONGEST_S = 1e6
"""the longest time that can be asked for; 11 days"""
LONGEST_WAIT_S = 3600.0
"""the longest wait in one call to the operating system, which takes no more than 24 days; longer waits take several"""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What ends an episode or a worker. Times are of the wall clock."""

    step_s: float = 600.0
    """one control step, or one call of the policy; generous, since a first call may load and compile a model"""
    reset_s: float = 300.0
    """the start of a worker, the reset of an episode, or its film, if `step_s` is no longer"""
    episode_s: float | None = None
    retries: int = 1
    """how often an episode is retried that was lost with its worker"""
    memory_mb: float | None = None
    """resident memory of a worker"""
    recycle_after: int = 200
    """episodes of a worker; SAPIEN gives not all memory back, and a new worker takes some 2 s"""

    def __post_init__(self) -> None:
        for option, value in (("step", self.step_s), ("episode", self.episode_s)):
            if value is not None and not 0 < value <= LONGEST_S:
                raise ConfigError(
                    f"--{option}-timeout {value:g}: give a number of seconds above 0, up to {LONGEST_S:,.0f}."
                )
        if self.retries < 0:
            raise ConfigError(f"--retries {self.retries}: give 0 or more.")
        if self.memory_mb is not None and not self.memory_mb > 0:
            raise ConfigError(f"--worker-memory-mb {self.memory_mb:g}: give a number of megabytes above 0.")
        if self.recycle_after < 1:
            raise ConfigError(f"--recycle-after {self.recycle_after}: a worker plays at least 1 episode.")

    @property
    def beginning_s(self) -> float:
        """For what takes longer than a step: so --step-timeout is the one option for all that is too slow."""
        return max(self.reset_s, self.step_s)
