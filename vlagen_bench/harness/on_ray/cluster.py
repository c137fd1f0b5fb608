"""The Ray cluster of a run: an existing one by its address, or one started on this machine."""

import logging
import math
import os
import re
import socket
from dataclasses import dataclass
from typing import Any

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils import installing, plugins
from vlagen_bench.utils.signals import sigterm_kept

REPLICA_CPUS = 0
"""In Ray's books only: a replica that is lost must find room though environments have taken all CPUs."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Where actors live, and the resources that each of them is given."""

    address: str | None = None
    """None: a cluster of this machine alone, for this run"""
    replicas: int = 1
    """how many actors the policy is loaded in"""
    policy_gpus: float = 0.0
    """of each replica; below 1, several share a GPU"""
    env_cpus: float = 1.0
    """of each environment"""

    def __post_init__(self) -> None:
        if self.replicas < 1:
            raise ConfigError(f"--policy-replicas {self.replicas}: at least 1 is needed.")
        if not 0 <= self.policy_gpus < math.inf:
            raise ConfigError(f"--policy-gpus {self.policy_gpus:g}: give 0 or more GPUs, or a part of one.")
        if not 0 < self.env_cpus < math.inf:
            raise ConfigError(f"--env-cpus {self.env_cpus:g}: give a number of CPUs above 0.")

    def connect(self, environments: int) -> None:
        """Joins the cluster until this process ends; where it has joined one already, that is used.

        Args:
            environments: how many a cluster of this machine alone has to have room for.

        Raises:
            ConfigError: Ray is not installed, or there is no cluster at the address.
        """
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # an evaluation tells nobody of itself
        try:
            import ray
        except ModuleNotFoundError:
            raise ConfigError(installing.lacking("--executor ray", "ray", "ray")) from None
        if ray.is_initialized():
            return
        if self.address is not None:
            where: dict[str, Any] = {"address": self.address}
        else:
            # As with processes, more environments than cores is the user's choice: what counts CPUs is Ray's own book.
            room = max(os.cpu_count() or 1, math.ceil(environments * self.env_cpus))
            where = {"address": "local", "num_cpus": room, "include_dashboard": False}
        try:
            _knock(self.address)
            with sigterm_kept():  # Ray's own leaves at once, with nothing said
                ray.init(**where, logging_level=logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError, OSError) as error:
            raise ConfigError(
                f"No Ray cluster could be joined ({' '.join(str(error).split())}). Start one with `ray start --head`, "
                f"and give --ray-address the address that it prints; without that option one is made here."
            ) from None


def included() -> dict[str, Any]:
    """Options of an actor, by which it knows the places that were included here; they must exist on its node."""
    known = os.environ.get(plugins.VARIABLE)
    return {"runtime_env": {"env_vars": {plugins.VARIABLE: known}}} if known else {}


def _knock(address: str | None) -> None:
    """Raises `OSError` if nobody listens at a host:port; Ray would try for minutes."""
    if address is not None and (match := re.fullmatch(r"([^:/]+):(\d+)", address)):
        socket.create_connection((match[1], int(match[2])), timeout=10).close()
