"""Measures what the hooks of the axes cost a step of a ManiSkill task that is played through `perturb` with nothing asked for.

    python scripts/wrapping_cost.py                 # PickCube-v1, whose steps are among the quickest: no pictures
    python scripts/wrapping_cost.py StackCube-v1

Whole steps vary by more than the hooks cost. So a step is timed as it is, and the hooks and the wrapper by themselves: with ManiSkill's
own step replaced by one that calls what its steps call, and does nothing else.
"""

import argparse
import statistics
import sys
import time
from typing import Any

STEPS, ROUNDS = 10, 40
EMPTY_STEPS = 2000
LIMIT = 0.02
"""the share of a step that the hooks may take"""


def main() -> int:
    """Prints both; the exit code is 1 where the hooks take 2 % of a step or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("task", nargs="?", default="PickCube-v1")
    name = parser.parse_args().task
    import gymnasium
    import mani_skill.envs  # noqa: F401 - it registers the tasks
    from mani_skill.envs.sapien_env import BaseEnv

    from vlagen_bench.envs.perturbed import perturb

    more = {"obs_mode": "state", "render_backend": "none"}
    plain, ours = gymnasium.make(name, **more), perturb(name, {}, **more)
    for env in (plain, ours):
        env.reset(seed=0, options={"reconfigure": True})
    step_s = statistics.quantiles([seconds(plain, STEPS) for _ in range(ROUNDS)], n=4)[0]
    result = plain.step(plain.action_space.sample() * 0)
    BaseEnv.step = lambda self, action: empty(self, result)
    without_s, with_s = (min(seconds(env, EMPTY_STEPS) for _ in range(5)) for env in (plain, ours))
    share = (with_s - without_s) / step_s
    print(
        f"{name}: {1e6 * (with_s - without_s):.1f} us of hooks and wrapper in a step of {1e3 * step_s:.2f} ms: {100 * share:.1f} %"
    )
    return 1 if share >= LIMIT else 0


def empty(env: Any, result: Any) -> Any:
    """A step that only calls what has hooks."""
    env._after_control_step()
    observation, reward, terminated, truncated, info = result
    return observation, reward, terminated, truncated, dict(info)


def seconds(env: Any, steps: int) -> float:
    """The processor's time of one step."""
    action = env.action_space.sample() * 0
    begin = time.process_time()
    for _ in range(steps):
        env.step(action)
    return (time.process_time() - begin) / steps


if __name__ == "__main__":
    sys.exit(main())
