"""How does one train on many environments at once? A Gymnasium vector environment, one process each."""

from functools import partial
from typing import Any

import gymnasium
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, VectorEnv

from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.ids import env_ids


def make_vec(env_id: str, num_envs: int, *, autoreset: str = "next_step", **arguments: Any) -> VectorEnv:
    """`num_envs` environments, each in a process of its own.

    Environment i begins with the episodes of seed `seed + i` and goes on through that seed's episodes by itself, so
    that what it plays depends neither on its neighbours nor on their number. Resets are partial: an environment whose
    episode ended begins anew, the others go on.

    Args:
        env_id: a `VLAGen/...` id; `...-Main-v<N>` is the training distribution with the shaped reward.
        num_envs: how many; each takes a core and about half a gigabyte.
        autoreset: `next_step`, `same_step` or `disabled`, as `gymnasium.vector.AutoresetMode` defines them.
        arguments: passed to each environment, such as `reward="potential"`.

    Raises:
        ConfigError: an unknown id or autoreset mode, or fewer than one environment.
    """
    known = [name for name, _ in env_ids()]
    if env_id not in known:
        raise ConfigError(unknown("environment", env_id, known))
    modes = {mode.name.lower(): mode for mode in AutoresetMode}
    if autoreset not in modes:
        raise ConfigError(unknown("autoreset mode", autoreset, modes))
    if num_envs < 1:
        raise ConfigError(f"make_vec: at least 1 environment is needed, not {num_envs}.")
    # SAPIEN's threads do not survive a fork.
    makers = [partial(_make, env_id, arguments) for _ in range(num_envs)]
    return AsyncVectorEnv(makers, context="spawn", autoreset_mode=modes[autoreset])


def _make(env_id: str, arguments: dict[str, Any]) -> gymnasium.Env:
    import vlagen_bench  # noqa: F401 - registers the ids in the worker

    return gymnasium.make(env_id, **arguments)
