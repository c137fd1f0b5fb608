"""Plays tasks of ManiSkill as they are, and through `perturb` with nothing asked for, and compares all that comes out, bit by bit.

    python scripts/nominal_equality.py                      # every listed task, as the table in docs/any_task.md says
    python scripts/nominal_equality.py --steps 2 PickCube-v1
    python scripts/nominal_equality.py --table              # puts the records' table into docs/any_task.md

Each task is played in one process: observations with pictures, rewards, ends, infos, and the state after each step. What
was found is kept in docs/data/nominal_equality.jsonl with `--record`, a line a task; a newer line takes the place of an older.
"""

import argparse
import hashlib
import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SEED = 3
DOCS = Path(__file__).resolve().parents[1] / "docs"
RECORDS, PAGE = DOCS / "data" / "nominal_equality.jsonl", DOCS / "any_task.md"
BEGIN, END = "<!-- equality: made by `python scripts/nominal_equality.py --table` -->", "<!-- end of the equality -->"


def main() -> int:
    """Compares; the exit code is 1 where a task differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("tasks", nargs="*")
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--record", action="store_true", help="keeps what is found")
    parser.add_argument("--table", action="store_true", help="writes the table of what was kept, and plays nothing")
    given = parser.parse_args()
    if given.table:
        write_table()
        return 0
    from vlagen_bench.plan import native_tasks

    names = given.tasks or list(native_tasks.card_files())
    if len(names) == 1:
        found = compared(names[0], given.steps)
        if given.record:
            keep(found)
        return 1 if found["differs"] else 0
    codes = []
    for name in names:
        command = [sys.executable, __file__, "--steps", str(given.steps), *["--record"] * given.record, name]
        codes.append(subprocess.run(command, check=False).returncode)
    return max(codes)


def compared(name: str, steps: int) -> dict[str, Any]:
    """One task, both ways: what is kept of it."""
    import gymnasium
    import mani_skill.envs  # noqa: F401 - it registers the tasks

    from vlagen_bench.envs.perturbed import perturb

    more = {"obs_mode": "rgb"}  # each draws with the device of its own choice, beside the other in one process
    plain = played(gymnasium.make(name, **more), steps)
    ours = played(perturb(name, {}, **more), steps)
    parts = sum(len(moment) for moment in plain)
    versions = {package: importlib.metadata.version(package) for package in ("mani_skill", "sapien", "torch")}
    found = {"task": name, "values": parts, "steps": steps, "seed": SEED, "differs": [], "versions": versions}
    for step, (one, other) in enumerate(zip(plain, ours, strict=True)):
        differing = sorted(key for key in {*one, *other} if one.get(key) != other.get(key))
        if differing:
            print(f"{name}: differs after {step} steps in {', '.join(differing)}", flush=True)
            return {**found, "differs": [f"step {step}: {key}" for key in differing]}
    print(f"{name}: equal in {parts} values over {steps} steps", flush=True)
    return found


def records() -> dict[str, dict[str, Any]]:
    """Task -> what was found of it last."""
    lines = RECORDS.read_text(encoding="utf-8").splitlines() if RECORDS.is_file() else []
    return {record["task"]: record for record in map(json.loads, lines)}


def keep(found: dict[str, Any]) -> None:
    """Adds what was found to the records."""
    known = {**records(), found["task"]: found}
    RECORDS.write_text("".join(json.dumps(known[name]) + "\n" for name in sorted(known)), encoding="utf-8")


def table() -> str:
    """The records as Markdown."""
    rows = [
        f"| {one['task']} | {one['values']} | {one['steps']} | {', '.join(one['differs']) or 'equal'} |"
        for one in records().values()
    ]
    return "\n".join(["| task | values compared | steps | result |", "|---|---|---|---|", *rows]) + "\n"


def write_table() -> None:
    """Puts the table in place of the one before."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{table()}{END}{after}", encoding="utf-8")


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
