"""Measures what the hooks of the axes cost a step of a ManiSkill task: as it is, and through `perturb` with nothing asked for.

    python scripts/wrapping_cost.py                 # PickCube-v1, whose steps are among the quickest: no pictures
    python scripts/wrapping_cost.py --rounds 40 StackCube-v1

Rounds of both take turns in one process, and the processor's time of the median round is compared, since others use the machine.
"""

import argparse
import statistics
import sys
import time
from typing import Any

STEPS = 45
"""of a round: so few that both begin again before their episode ends"""


def main() -> int:
    """Prints both; the exit code is 1 where the hooks take 2 % of a step or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("task", nargs="?", default="PickCube-v1")
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    import gymnasium
    import mani_skill.envs  # noqa: F401 - it registers the tasks

    from vlagen_bench.envs.perturbed import perturb

    more = {"obs_mode": "state", "render_backend": "none"}
    both = gymnasium.make(given.task, **more), perturb(given.task, {}, **more)
    taken: tuple[list[float], list[float]] = [], []
    for number in range(given.rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            taken[which].append(seconds(both[which]))
    plain, ours = map(statistics.median, taken)
    share = (ours - plain) / plain
    print(f"{given.task}: {1e3 * plain:.3f} ms a step as it is, {1e3 * ours:.3f} ms through perturb: {100 * share:+.1f} %")
    return 1 if share >= 0.02 else 0


def seconds(env: Any) -> float:
    """The processor's time of one step."""
    env.reset(seed=0, options={"reconfigure": True})
    action = env.action_space.sample() * 0
    begin = time.process_time()
    for _ in range(STEPS):
        env.step(action)
    return (time.process_time() - begin) / STEPS


if __name__ == "__main__":
    sys.exit(main())
