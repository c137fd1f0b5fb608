"""Plays tasks of ManiSkill as they are, and through `perturb` with nothing asked for, and compares all that comes out, bit by bit.

    python scripts/nominal_equality.py                      # every listed task, as the table in docs/any_task.md says
    python scripts/nominal_equality.py --steps 2 PickCube-v1

Each task is played in one process: observations with pictures, rewards, ends, infos, and the state after each step.
"""

import argparse
import hashlib
import subprocess
import sys
from typing import Any

SEED = 3


def main() -> int:
    """Compares; the exit code is 1 where a task differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--alone", action="store_true", help="this process compares the one task")
    given = parser.parse_args()
    from vlagen_bench.plan import native_tasks

    names = given.tasks or list(native_tasks.card_files())
    if given.alone or len(names) == 1:
        return max(compared(name, given.steps) for name in names)
    codes = []
    for name in names:
        command = [sys.executable, __file__, "--alone", "--steps", str(given.steps), name]
        codes.append(subprocess.run(command, check=False).returncode)
    return max(codes)


def compared(name: str, steps: int) -> int:
    """One task, both ways."""
    import gymnasium
    import mani_skill.envs  # noqa: F401 - it registers the tasks

    from vlagen_bench.envs.perturbed import perturb

    # The device by the name that ManiSkill knows: a process can use only one name of it.
    more = {"obs_mode": "rgb", "render_backend": "cpu"}
    plain = played(gymnasium.make(name, **more), steps)
    ours = played(perturb(name, {}, **more), steps)
    parts = sum(len(moment) for moment in plain)
    for step, (one, other) in enumerate(zip(plain, ours, strict=True)):
        differing = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
        if differing:
            print(f"{name}: differs after {step} steps in {', '.join(differing)}")
            return 1
    print(f"{name}: equal in {parts} values over {steps} steps", flush=True)
    return 0


def played(env: Any, steps: int) -> list[dict[str, str]]:
    """A hash of each value, by its name, at each moment of a short play in a fresh scene."""
    result = env.reset(seed=SEED, options={"reconfigure": True})
    env.action_space.seed(SEED)
    moments = [named(result, env)]
    for _ in range(steps):
        moments.append(named(env.step(env.action_space.sample()), env))
    moments[0]["spaces"] = repr((env.observation_space, env.action_space))
    env.close()
    return moments


def named(result: Any, env: Any) -> dict[str, str]:
    """A hash of each value of what `reset` or `step` gave, and of the state."""
    found: dict[str, str] = {}
    for part, value in enumerate((*result, env.unwrapped.get_state_dict())):
        collect(value, str(part), found)
    return found


def collect(value: Any, name: str, found: dict[str, str]) -> None:
    """The values of nested dictionaries; what this package adds to an info is left out."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key != "vlagen":
                collect(member, f"{name}/{key}", found)
        return
    array = value.cpu().numpy() if hasattr(value, "cpu") else value
    content = f"{getattr(array, 'dtype', '')}{getattr(array, 'shape', '')}".encode()
    content += array.tobytes() if hasattr(array, "tobytes") else repr(array).encode()
    found[name] = hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
