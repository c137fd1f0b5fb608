"""The probe whether a task plays the same twice: two fresh scenes of one seed, and the same actions."""

from typing import Any

import numpy as np

from vlagen_bench.sim.maniskill.any_task import looking, making
from vlagen_bench.utils.seeding import stream

STEPS = 6
SEED = 0


def probed(environment: Any) -> str | None:
    """Why episodes of a task cannot be repeated, as a sentence; None: they can."""
    first, second = (_play(environment) for _ in range(2))
    for step, (one, other) in enumerate(zip(first, second, strict=True)):
        if one != other:
            where = "already after the reset" if step == 0 else f"at step {step} of {STEPS}"
            return (
                f"two plays of one seed with the same actions, each in a fresh scene, differ {where}. Nobody could check a "
                f"score by playing it again."
            )
    return None


def _play(environment: Any) -> list[str]:
    making.fresh(environment, SEED)
    hashes = [looking.state_hash(environment)]
    for step in range(STEPS):
        with making.seeded(SEED, step):
            environment.step(random_action(environment, step))
        hashes.append(looking.state_hash(environment))
    return hashes


def draws_globally(environment: Any) -> bool:
    """Whether a step of the task draws from generators that all code of a process shares."""
    before = _global_states()
    environment.step(random_action(environment, 0))
    return before != _global_states()


def _global_states() -> tuple[Any, ...]:
    import random

    import torch

    own: Any = np.random.get_state()
    return random.getstate(), torch.random.get_rng_state().numpy().tobytes(), own[1].tobytes(), own[2:]


def random_action(environment: Any, step: int) -> Any:
    """An action within the bounds, the same for the same step; float32 (n,), or a dictionary where there are several robots."""
    space = environment.single_action_space
    rng = stream(SEED, "probe", step)

    def drawn(box: Any) -> np.ndarray:
        low, high = np.maximum(box.low, -1e3), np.minimum(box.high, 1e3)
        return rng.uniform(low, high).astype(np.float32)

    members = getattr(space, "spaces", None)
    return drawn(space) if members is None else {name: drawn(box) for name, box in members.items()}
