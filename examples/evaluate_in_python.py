"""Evaluate an object of this program between two epochs of training, and keep the best.

    python examples/evaluate_in_python.py --episodes 4

Each epoch has a run folder of its own under --out. The "training" is a stand-in that changes one number.
"""

import argparse
from pathlib import Path

import numpy as np

import vlagen_bench


class Reach:
    """Moves the tool towards a height above the robot's base, with open fingers. Training changes the height."""

    def __init__(self, height_m: float = 0.3) -> None:
        self.height_m = height_m

    def act(self, obs, instr):
        """One action: metres, radians, gripper +1 open."""
        action = np.zeros(7, dtype=np.float32)
        action[2] = np.clip(self.height_m - obs["state"][2], -0.02, 0.02)
        action[6] = 1.0
        return action


def train(policy: Reach) -> None:
    """A stand-in for one epoch of training."""
    policy.height_m -= 0.1


def distance_m(run: vlagen_bench.Run) -> float:
    """How near the tool came to the object, on average over the episodes."""
    return float(run.episodes["metric_tool_source_m"].mean())


def main() -> None:
    """Trains for some epochs, scores each, and writes the report of the best."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--episodes", type=int, default=4, help="per condition")
    parser.add_argument("--out", type=Path, default=Path("runs/python"))
    arguments = parser.parse_args()

    policy, runs = Reach(), []
    for epoch in range(arguments.epochs):
        train(policy)
        run = vlagen_bench.evaluate(
            policy,
            suite="quick",
            conditions=["nominal", "lighting_l3"],
            episodes=arguments.episodes,
            out=arguments.out / f"epoch-{epoch}",
        )
        print(f"epoch {epoch}")
        print(run.table[["n", "successes", "rate", "low", "high", "drop"]])
        runs.append(run)

    best = min(runs, key=distance_m)  # this stand-in never succeeds, so the nearest to the object is the best
    print(f"best: {best.path}, {distance_m(best):.2f} m from the object on average")
    print(f"report: {best.report()}")


if __name__ == "__main__":
    main()
