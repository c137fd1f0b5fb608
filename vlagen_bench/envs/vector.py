"""`make_vec`: a Gymnasium vector environment on CPU processes or on a GPU."""

from functools import partial
from typing import Any, Literal, get_args

from gymnasium.vector import AsyncVectorEnv, AutoresetMode, VectorEnv

from vlagen_bench.envs.env import TaskEnv
from vlagen_bench.envs.registration import env_ids
from vlagen_bench.envs.time_limit import SpecOfLimit
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.utils.arguments import check, checked

Backend = Literal["processes", "gpu"]


class ProcessVectorEnv(SpecOfLimit, AsyncVectorEnv):
    """Each environment in a process of its own."""


@checked("make_vec()")
def make_vec(
    env_id: str, num_envs: int, *, backend: Backend = "processes", autoreset: str = "next_step", **arguments: Any
) -> VectorEnv:
    """`num_envs` environments at once; the same as `gymnasium.make_vec(env_id, num_envs, ...)`.

    Environment i begins with the episodes of seed `seed + i` and goes on through that seed's episodes by itself, so
    that what it plays depends neither on its neighbours nor on their number. Until a seed is given it is
    `first_seed + i`: from 0 on, and for `...-Main-v<N>` from 1,000,000 on, since suites draw from seed 0. Resets are
    partial: an environment whose episode ended starts the next one, the others go on.

    Args:
        env_id: a `VLAGen/...` id; `...-Main-v<N>` is the training distribution with the shaped reward.
        num_envs: how many.
        backend: `processes`, each environment in one of its own, which takes a core and about half a gigabyte; or
            `gpu`, all of them as scenes of ManiSkill on one NVIDIA GPU: for training, so with the tabletop and the
            conditions that differ in how an episode begins, in mass or in friction. It has not been run on a GPU by us:
            its code is tested on a CPU with one environment, where it plays as `processes` does.
        autoreset: `next_step`, `same_step` or `disabled`, as `gymnasium.vector.AutoresetMode` defines them.
        arguments: those of `TaskEnv`, such as `reward="potential"`, `obs_mode="state"` or `max_episode_steps=200`;
            `first_seed` is that of environment 0.

    Raises:
        ConfigError: an unknown id, backend or autoreset mode, fewer than one environment, no GPU where one is needed,
            or a condition that the GPU's scenes cannot have.
    """
    known = dict(env_ids())
    if env_id not in known:
        raise ConfigError(unknown("environment", env_id, known))
    return vector_env(num_envs, backend=backend, autoreset=autoreset, **{**known[env_id], **arguments})


def vector_env(
    num_envs: int, *, backend: Backend = "processes", autoreset: str = "next_step", **arguments: Any
) -> VectorEnv:
    """What Gymnasium calls for `make_vec` in its mode `vector_entry_point`: as `make_vec`, by arguments of `TaskEnv`."""
    modes = {mode.name.lower(): mode for mode in AutoresetMode}
    if autoreset not in modes:
        raise ConfigError(unknown("autoreset mode", autoreset, modes))
    if backend not in get_args(Backend):
        raise ConfigError(unknown("backend", backend, get_args(Backend)))
    # Here, since the processes of a vector environment would each raise it with a traceback of their own.
    arguments = check("The environment", TaskEnv.__init__, arguments)
    if num_envs < 1:
        raise ConfigError(f"make_vec: at least 1 environment is needed, not {num_envs}.")
    if backend == "gpu":
        # ManiSkill takes seconds to import.
        from vlagen_bench.envs.gpu_vector import GpuVectorEnv
        from vlagen_bench.sim.maniskill.scene import gpu_backend

        return GpuVectorEnv(**arguments, num_envs=num_envs, sim_backend=gpu_backend(), autoreset=modes[autoreset])
    first = arguments.get("first_seed", 0)
    makers = [partial(TaskEnv, **{**arguments, "first_seed": first + row}) for row in range(num_envs)]
    # The simulator's threads do not survive a fork.
    return ProcessVectorEnv(makers, context="spawn", autoreset_mode=modes[autoreset])
