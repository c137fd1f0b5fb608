"""`vlagen-eval`: score a policy. Parses, makes the plan, runs it, prints the table."""

import shlex
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import tyro

from vlagen_bench.cli.common import INCOMPLETE, INTERRUPTED, OK, console, exit_with
from vlagen_bench.cli.playing import Playing
from vlagen_bench.cli.selection import Selection
from vlagen_bench.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class EvalArgs(Playing, Selection):
    """Scores a policy on a suite: what breaks outside its training world, by how much, how sure we are.

    Repeating a command resumes its run. The exit code is 0 only for a complete run without errors.
    """

    policy: str
    """A built-in name (random, noop, expert, replay), module:Class, or path/to/file.py:Class. The class has
    act(obs, instr) and returns a float action (7,) or a chunk (H, 7)."""
    policy_args: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY=VALUE ...")] = ()
    """Keyword arguments of the policy's constructor, as strings."""
    out: Path | None = None
    """Run folder; default: runs/<suite>-<policy>-<plan>."""
    video: Literal["all", "failures", "none"] = "failures"
    """Which episodes are filmed."""
    max_errors: int = 8
    """The run stops once more episodes than this have ended as errors of the policy or of the machinery."""
    retry_errors: bool = False
    """When resuming, run episodes again that ended as errors."""


def main() -> None:
    """Entry point."""
    args = tyro.cli(EvalArgs, prog="vlagen-eval")
    exit_with(lambda: evaluate(args))


def evaluate(args: EvalArgs) -> int:
    """Runs what the arguments ask for; returns the exit code."""
    from vlagen_bench import catalog, specs
    from vlagen_bench.policies import base

    plan = args.plan()
    task = catalog.task(plan.suite.task)
    scene = specs.scene(task.scene)
    loaded = base.load(args.policy, _key_values(args.policy_args))
    base.check_spec(loaded, scene.robot)
    folder = args.out or Path("runs") / f"{plan.suite.name}-{_slug(args.policy)}-{plan.hash[:8]}"
    return _run(args, plan, task, scene, loaded, folder)


def _run(args: EvalArgs, plan, task, scene, loaded, path: Path) -> int:
    from vlagen_bench import header, packs, run
    from vlagen_bench.progress import RunProgress
    from vlagen_bench.record import RunFolder
    from vlagen_bench.sim import device
    from vlagen_bench.video import VideoWriter

    out = console()
    note = partial(out.print, markup=False, soft_wrap=True)
    # Wrong files would make wrong scores, so every file is checked before the first episode.
    checked = packs.check(packs.load(scene.pack), packs.folder(scene.pack))
    packs.require(scene.pack, checked)
    head = header.make(
        plan, loaded, scene, device.describe(), checked.stand_ins,
        execution=args.execution(), limits=args.limits(), workers=args.processes,
    )  # fmt: skip
    film = VideoWriter(path / "videos", args.video, scene.control_hz) if args.video != "none" else None
    with RunFolder.writing(path, head, plan) as folder:
        done = sum(folder.done(e.id, retry_errors=args.retry_errors) for e in plan.episodes)
        _announce(out, args, plan, loaded, path, done, checked.stand_ins)
        stopped = None
        with RunProgress(out, total=len(plan.episodes), done=done) as progress:
            try:
                with args.players(task, loaded, film, note) as players:
                    run.run(
                        plan, players, folder, (progress,), max_errors=args.max_errors, retry_errors=args.retry_errors
                    )
            except KeyboardInterrupt:
                stopped = "Interrupted."
            except run.TooManyErrors as error:
                stopped = f"error: {error}"
        return _conclude(out, plan, task, folder, loaded, stopped)


def _announce(out, args: EvalArgs, plan, loaded, path: Path, done: int, stand_ins: tuple[str, ...]) -> None:
    from vlagen_bench.harness.asking import sharing

    twins = sum(episode.condition not in plan.suite.conditions for episode in plan.episodes)
    out.print(
        f"[bold]{plan.suite.name}[/bold], seed {plan.suite.seed}: conditions {len(plan.suite.conditions)}, "
        f"episodes {len(plan.episodes)} ({twins} of them twins only), plan {plan.hash[:12]}, policy {loaded.name}"
    )
    if loaded.privileged:
        out.print("This policy sees the simulator's state: it is an oracle, and is never ranked.")
    elif args.processes and args.processes > 1 and sharing(loaded.policy) == "instances":
        out.print("This policy has reset() but no act_batch(), so each worker is given an instance of its own.")
    if stand_ins:
        out.print(f"{len(stand_ins)} asset files are stand-ins for upstream's: {', '.join(stand_ins)}")
    if done:
        out.print(f"Resuming {path}: {done} episodes are done.")


def _conclude(out, plan, task, folder, loaded, stopped: str | None) -> int:
    """Prints table, errors and where everything is; says how to go on if the run is not complete."""
    from vlagen_bench import catalog
    from vlagen_bench.interaction import interactions
    from vlagen_bench.record import writing_to
    from vlagen_bench.stats import rows
    from vlagen_bench.table import interaction_table, levels_table, results_table, write_csv

    groups = {name: catalog.group_of(task, name) for name in plan.suite.conditions}
    planned = [episode.to_dict() for episode in plan.episodes]
    found = rows(planned, folder.results, groups)
    with writing_to(folder.path):
        write_csv(folder.path / "summary.csv", found)
    oracle = " (oracle)" if loaded.privileged else ""
    out.print()
    out.print(results_table(f"{plan.suite.name}: {loaded.name}{oracle}", found))
    for table in (levels_table(found), interaction_table(interactions(planned, folder.results))):
        if table is not None:
            out.print(table)
    errors = [record for record in folder.results.values() if record["outcome"] == "error"]
    for text in list(dict.fromkeys(record["error"] for record in errors))[:3]:
        out.print(f"error: {text}", markup=False, soft_wrap=True)
    missing = len(plan.episodes) - len(folder.results)
    if stopped:
        print(stopped, file=sys.stderr)
    if missing:
        out.print(f"{missing} episodes are missing. To go on: {_again()}", markup=False, soft_wrap=True)
    elif errors:
        out.print(
            f"{len(errors)} episodes ended as errors. To try them again: {_again()} --retry-errors",
            markup=False,
            soft_wrap=True,
        )
    out.print(f"Run folder: {folder.path}", markup=False, soft_wrap=True)
    if stopped == "Interrupted.":
        return INTERRUPTED
    return INCOMPLETE if missing or errors else OK


def _again() -> str:
    """The command that was given, without a --retry-errors."""
    return shlex.join(["vlagen-eval", *(word for word in sys.argv[1:] if word != "--retry-errors")])


def _key_values(items: tuple[str, ...]) -> dict[str, str]:
    for item in items:
        if "=" not in item:
            raise ConfigError(f"--policy-args: '{item}' is not KEY=VALUE.")
    return dict(item.split("=", 1) for item in items)


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in Path(name).name)
