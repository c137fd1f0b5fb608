"""The making of a task's environment, drawn by the device of this package or not drawn at all."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from vlagen_bench.errors import AssetError, ConfigError
from vlagen_bench.sim import fork_guard
from vlagen_bench.sim.maniskill.any_task.entries import TaskEntry
from vlagen_bench.sim.vulkan import device
from vlagen_bench.utils.seeding import stream
from vlagen_bench.utils.text import one_line


def keywords(kwargs_json: str) -> dict[str, Any]:
    """The keyword arguments of an environment, as ManiSkill takes them: robots in a tuple."""
    kwargs: dict[str, Any] = json.loads(kwargs_json)
    if isinstance(kwargs.get("robot_uids"), list):
        kwargs["robot_uids"] = tuple(kwargs["robot_uids"])
    return kwargs


_PREFERRED: list[str] = []
"""the `render_backend` that the program asked for first, if it did"""


def prefer(render_backend: str | None) -> None:
    """Has every later environment of this process draw with this backend: a process can use one name of a device only."""
    if render_backend not in (None, "none") and not _PREFERRED:
        _PREFERRED.append(str(render_backend))


def make(entry: TaskEntry, kwargs: Mapping[str, Any], *, drawn: bool, meshes: float | None = None) -> Any:
    """The environment of a task, hooked, without any wrapper.

    Args:
        entry: the task.
        kwargs: keyword arguments of its class. With `render_backend`, that names the device that draws.
        drawn: False leaves out the renderer, unless the task touches what is only there with one, as PushT does.
        meshes: the share of their faces that the robots' visual meshes keep; None: they are the robots' own.

    Raises:
        ConfigError: it cannot be made with these arguments.
        AssetError: files of a robot are not here.
    """
    fork_guard.check()
    try:
        try:
            return _made(entry, kwargs, drawn=drawn, meshes=meshes)
        except AttributeError:
            if drawn:
                raise
            return _made(entry, kwargs, drawn=True, meshes=meshes)
    except (AssetError, ConfigError):
        raise
    except Exception as error:
        # ManiSkill, the task and their libraries have many classes for arguments that do not fit.
        if not kwargs:  # nothing of the user's could be wrong
            raise
        given = ", ".join(f"{name}={value!r}" for name, value in kwargs.items())
        raise ConfigError(f"The task {entry.env} cannot be made with {given}: {one_line(error)}.") from error


def _made(entry: TaskEntry, kwargs: Mapping[str, Any], *, drawn: bool, meshes: float | None) -> Any:
    cls, wanted = entry.hooked(), {**entry.kwargs, **kwargs}
    cls.vlagen_meshes = meshes if drawn else None  # type: ignore[attr-defined]
    if not drawn:
        wanted["render_backend"] = "none"
    elif "render_backend" not in wanted and _PREFERRED:
        wanted["render_backend"] = _PREFERRED[0]
    elif "render_backend" not in wanted:
        alias = device.render_device().alias
        wanted["render_backend"] = "gpu" if alias.startswith("cuda") else "cpu"
        # ManiSkill cannot name a device that is not CUDA's: its parser takes "pci:..." apart.
        cls.vlagen_device = alias  # type: ignore[attr-defined]
    with _unasked(entry.env):
        return cls(**wanted)


@contextmanager
def _unasked(env: str) -> Iterator[None]:
    """In the block, files that are missing are an error, where ManiSkill would ask on the terminal whether to download them."""
    from mani_skill.utils import download_asset

    def refuse(question: str) -> bool:
        words = question.split()
        what = words[1] if words[:1] == ["Robot"] else env
        raise AssetError(
            f"The task {env} cannot be made: files of {what} are not here. Download them: "
            f"python -m mani_skill.utils.download_asset {what}"
        )

    ask, download_asset.prompt_yes_no = download_asset.prompt_yes_no, refuse
    try:
        yield
    finally:
        download_asset.prompt_yes_no = ask


def limited(env: Any, max_episode_steps: int | None) -> Any:
    """The environment that truncates after so many steps, as `gym.make` gives it; None: it never does."""
    from mani_skill.utils.registration import TimeLimitWrapper

    return TimeLimitWrapper(env, max_episode_steps)


def fresh(env: Any, seed: int, **options: Any) -> tuple[Any, dict[str, Any]]:
    """What a reset gives in a fresh scene of a seed: what is left of an earlier one would change the physics.

    The generators that all code shares are seeded, since a task may draw from them where it places things.
    """
    with seeded(seed, "reset"):
        found: tuple[Any, dict[str, Any]] = env.reset(seed=seed, options={**options, "reconfigure": True})
    return found


@contextmanager
def seeded(*names: str | int) -> Iterator[None]:
    """Seeds the generators that all code of a process shares: some tasks draw from them in reset or step."""
    import random

    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state(), torch.random.get_rng_state()
    seed = int(stream(0, "global", *names).randint(2**31 - 1))
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.random.set_rng_state(states[2])
