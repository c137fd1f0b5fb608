"""Measures what wrapping costs a step of a ManiSkill task that is played through `perturb` with nothing asked for.

    python scripts/wrapping_cost.py                 # PickCube-v1, whose steps are among the quickest: no pictures
    python scripts/wrapping_cost.py StackCube-v1

Two environments of one seed, as the task is and wrapped, take the same actions, block by block by turns: their states are equal, and
so is the work. Of each pair of blocks the processor's time is compared; the median of the pairs has a bootstrap interval. Beside it
stand the hooks and the wrapper by themselves: with ManiSkill's own step replaced by one that calls what its steps call, and does
nothing else.
"""

import argparse
import statistics
import sys
import time
from typing import Any

import numpy as np

STEPS, PAIRS = 4, 480
EPISODE_PAIRS = 24
"""after so many both begin anew: a robot that was driven far away would make other work"""
EMPTY_STEPS = 2000
RESAMPLES = 2000
LIMIT = 0.02
"""the share of a step that wrapping may take"""


def main() -> int:
    """Prints both; the exit code is 1 where the interval of whole steps reaches 2 %."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("task", nargs="?", default="PickCube-v1")
    name = parser.parse_args().task
    import gymnasium
    import mani_skill.envs  # noqa: F401 - it registers the tasks

    from vlagen_bench.envs.perturbed import perturb

    more = {"obs_mode": "state", "render_backend": "none"}
    plain, ours = gymnasium.make(name, **more), perturb(name, {}, **more)
    pairs_s = np.array(list(pairs(plain, ours)))
    shares = pairs_s[:, 1] / pairs_s[:, 0] - 1
    low, high = interval(shares)
    step_s = statistics.median(pairs_s[:, 0]) / STEPS
    print(
        f"{name}: wrapping changes a step of {1e3 * step_s:.2f} ms by {100 * np.median(shares):+.2f} %; 95 % interval "
        f"{100 * low:+.2f} to {100 * high:+.2f} %, of {len(shares)} pairs of {STEPS} steps"
    )
    alone_s = hooks_alone(plain, ours)
    print(
        f"{name}: {1e6 * alone_s:.1f} us of hooks and wrapper by themselves: {100 * alone_s / step_s:.2f} % of a step"
    )
    return 1 if high >= LIMIT else 0


def pairs(plain: Any, ours: Any) -> Any:
    """The processor's time of a block of steps of each, by turns; who is first changes from pair to pair."""
    rng = np.random.RandomState(0)
    for pair in range(PAIRS):
        if pair % EPISODE_PAIRS == 0:
            for env in (plain, ours):
                env.reset(seed=pair, options={"reconfigure": True})
        actions = rng.uniform(-1, 1, (STEPS, *plain.action_space.shape)).astype(np.float32)
        order = (plain, ours) if pair % 2 else (ours, plain)
        taken = {id(env): block_s(env, actions) for env in order}
        yield taken[id(plain)], taken[id(ours)]


def block_s(env: Any, actions: np.ndarray) -> float:
    """The processor's time of these steps."""
    begin = time.process_time()
    for action in actions:
        env.step(action)
    return time.process_time() - begin


def interval(shares: np.ndarray) -> tuple[float, float]:
    """The 95 % bootstrap interval of the median."""
    rng = np.random.RandomState(0)
    medians = [np.median(rng.choice(shares, len(shares))) for _ in range(RESAMPLES)]
    low, high = np.percentile(medians, [2.5, 97.5])
    return float(low), float(high)


def hooks_alone(plain: Any, ours: Any) -> float:
    """Seconds of a step in which ManiSkill does nothing, wrapped, more than of one as it is."""
    from mani_skill.envs.sapien_env import BaseEnv

    result = plain.step(plain.action_space.sample() * 0)
    BaseEnv.step = lambda self, action: empty(self, result)
    still = np.zeros((EMPTY_STEPS, *plain.action_space.shape), dtype=np.float32)
    without_s, with_s = (min(block_s(env, still) for _ in range(5)) / EMPTY_STEPS for env in (plain, ours))
    return with_s - without_s


def empty(env: Any, result: Any) -> Any:
    """A step that only calls what has hooks."""
    env._after_control_step()
    observation, reward, terminated, truncated, info = result
    return observation, reward, terminated, truncated, dict(info)


if __name__ == "__main__":
    sys.exit(main())
