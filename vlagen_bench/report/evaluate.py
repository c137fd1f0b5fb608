"""The Python entry: evaluates a policy on a suite and returns the run."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from inspect import isclass
from pathlib import Path
from typing import Any, Unpack

from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.harness import evaluate as machinery
from vlagen_bench.harness.display import ConsoleDisplay, QuietDisplay
from vlagen_bench.harness.options import ExecutionKeywords, ExecutionOptions
from vlagen_bench.harness.process_state import process_state_kept
from vlagen_bench.harness.run import TooManyErrors
from vlagen_bench.plan.selection import Names, make_plan
from vlagen_bench.policies import live
from vlagen_bench.policies.base import LoadedPolicy
from vlagen_bench.report.html import write_report
from vlagen_bench.report.run import Run, load_run
from vlagen_bench.report.summary import write_summary
from vlagen_bench.runs import episodes as recorded_runs
from vlagen_bench.scenes.cameras import ImageSize, names_of
from vlagen_bench.types import Plan, Suite
from vlagen_bench.utils import plugins
from vlagen_bench.utils.arguments import checked
from vlagen_bench.utils.console import console
from vlagen_bench.utils.spawned import refuse_while_importing


@checked("evaluate()")
def evaluate(
    policy: Any,
    suite: str | Path | Suite = "quick",
    *,
    task: str | Path | None = None,
    conditions: Names | None = None,
    axes: Names | None = None,
    episodes: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    resume: bool | None = None,
    workers: int = 1,
    policy_args: Mapping[str, Any] | None = None,
    video: machinery.Video = "failures",
    log: Sequence[str] = (),
    progress: bool = False,
    until: str | None = None,
    retry_errors: bool = False,
    retry_lost: bool = False,
    max_errors: int = 8,
    continue_with_changed_policy: bool = False,
    cameras: Names = (),
    image_size: ImageSize = None,
    **execution: Unpack[ExecutionKeywords],
) -> Run:
    """Scores a policy on a suite, as `vlagen-eval` does: same episodes, records, run folder and errors.

    It works in a notebook, inside a running event loop, in any thread, and again and again in one process. Nothing of the
    process is changed when it returns: `harness.process_state`. Nothing is printed unless `progress` asks for it.

    Args:
        policy: an object with `act(obs, instr)`, a class of such, or a name as after `--policy`. An object is asked in this
            process, in batches where it has `act_batch`; it is not closed.
        suite: its name, the path of its YAML file, or a `Suite`.
        task: its name, or the path of its YAML file, in place of the suite's task.
        conditions: only these conditions, as a list or as `a,b`; `a+b` is both at once.
        axes: these axes instead, such as `["lighting:3", "object:test"]`: each by itself, and all together.
        episodes: per condition, instead of the suite's number; of a suite whose conditions take turns, scenes.
        seed: instead of the suite's seed.
        out: the run folder. Default for a name: `runs/<suite>-<policy>-<plan>`, which is resumed. Default for an object or a
            class: a new folder each time, `runs/<suite>-<class>-<plan>-<number>`, since nothing tells whether it is the same
            as before.
        resume: what to do where `out` holds this run already. Default: go on with it; for an object or a class only while it is
            unfinished, and with a warning. True: go on, or return what is there. False: raise.
        workers: how many episodes are played at once, each by a process with a simulator of its own; 1: this process plays.
        policy_args: keyword arguments of the constructor. For a name they become text, as on the command line.
        video: which episodes are filmed: `failures`, `all` or `none`.
        log: where rates and times are logged as well: `tensorboard`, `wandb:PROJECT`.
        progress: whether to print the course of the run.
        until: stop as soon as enough is known: `width<0.1` or `decided:RUN`.
        retry_errors: play episodes again that ended as errors.
        retry_lost: play episodes again whose recorded actions are missing or damaged.
        max_errors: the run stops after more episodes than this ended as errors.
        continue_with_changed_policy: go on with a run although the policy, or what it is scored with, has changed since it began;
            every report says so first.
        cameras: whose pictures are drawn besides those of the primary camera: `("wrist",)` or `front,wrist`. A policy's `spec`
            may name them itself, as `cameras`.
        image_size: of the pictures, which are drawn so, not resized: 224 for 224 x 224 of the primary camera, `640x480`, or
            `front=224,wrist=128`, also as a mapping. Default: as the policy's `spec` says under `image_size`, or the cameras' own.
        execution: the other options of `vlagen-eval`, by their names: `execute_horizon`, `ensemble`, `step_timeout`,
            `isolate`, `executor` and so on; see `harness.options.ExecutionOptions`.

    Warns:
        UserWarning: some episodes ended as errors; how many, and what the first one says.

    Raises:
        VlagenError: something is not as it has to be; the sentence says what to do.
        KeyboardInterrupt: as pressed. The run folder is kept; the same call with the same `out` goes on with it.
    """
    refuse_while_importing()
    plugins.load()  # whose folders stay on the import path, which is put back below
    with process_state_kept():
        plan = make_plan(suite, task=task, conditions=conditions, axes=axes, episodes=episodes, seed=seed)
        how = ExecutionOptions(workers=workers, **execution)
        name, load = _loader(policy, policy_args or {}, how)
        is_live = not isinstance(policy, str)
        path, is_new = _folder(out, plan, name, is_live)
        try:
            wanted = machinery.Evaluation(
                plan=plan, path=path, execution=how, video=video, log=tuple(log), max_errors=max_errors,
                retry_errors=retry_errors, retry_lost=retry_lost, until=until,
                continue_with_changed_policy=continue_with_changed_policy, cameras=names_of(cameras), image_size=image_size,
            )  # fmt: skip
            _check_folder(wanted, is_live, resume)
            display = ConsoleDisplay(console()) if progress else QuietDisplay()
            ended = machinery.evaluate(wanted, load, display)
        finally:
            if is_new:
                with suppress(OSError):
                    path.rmdir()  # which it can only while nothing is recorded in it
        return _concluded(ended)


def _concluded(ended: machinery.Ended) -> Run:
    path = ended.evaluation.path
    if isinstance(ended.stopped, KeyboardInterrupt):
        raise ended.stopped
    write_summary(ended)
    write_report(path)
    if ended.stopped is not None:
        raise TooManyErrors(
            ended.stopped.errors, ended.stopped.limit, ended.stopped.last,
            limited_by="max_errors=",
            remedy=f"The run is kept in {path}. Correct the policy, then go on with out={str(path)!r}, retry_errors=True",
        )  # fmt: skip
    if ended.errors:
        warnings.warn(
            f"{len(ended.errors)} of {len(ended.results)} episodes ended as errors: {ended.errors[0].rstrip('.')}. They enter "
            f"no rate. Correct what is wrong, then play them again: out={str(path)!r}, retry_errors=True",
            stacklevel=4,  # the caller of `evaluate`, which is decorated
        )
    return load_run(path)


def _loader(policy: Any, arguments: Mapping[str, Any], how: ExecutionOptions) -> tuple[str, Callable[[], LoadedPolicy]]:
    """How the policy is called, and what loads it."""
    if isinstance(policy, str):
        return policy, partial(how.load, policy, {name: str(value) for name, value in arguments.items()})
    if how.isolate or how.executor == "ray":
        option = "isolate=True" if how.isolate else "executor='ray'"
        raise ConfigError(
            f"{option} loads the policy in another process, where there is no object or class of this one. Give its name as "
            f"module:Class or file.py:Class."
        )
    return (policy if isclass(policy) else type(policy)).__name__, partial(live.given, policy, arguments)


def _folder(out: str | Path | None, plan: Plan, name: str, is_live: bool) -> tuple[Path, bool]:
    """Where the run is recorded, and whether that folder was just made for it."""
    if out is not None:
        return Path(out), False
    usual = machinery.default_folder(plan, name)
    if not is_live:
        return usual, False
    number = 1
    while True:
        path = usual.with_name(f"{usual.name}-{number}")
        try:
            path.mkdir(parents=True)
            return path, True
        except FileExistsError:
            number += 1
        except OSError as error:
            raise RunError(f"The run folder {path} cannot be made: {error.strerror}. Choose another: out=") from None


def _check_folder(wanted: machinery.Evaluation, is_live: bool, resume: bool | None) -> None:
    """Sees to it that results that are there already are shown for this policy only where that is known or asked for."""
    path, plan = wanted.path, wanted.plan
    if resume is True or not (path / recorded_runs.HEADER).is_file():
        return
    old = recorded_runs.records(path) if wanted.retry_lost else recorded_runs.read(path)
    if resume is False:
        raise RunError(f"{path} holds a run already. Choose another folder with out=, or go on with it: resume=True")
    if not is_live or old.header.plan_hash != plan.hash:
        return  # of another plan: refused where it is opened
    errors = sum(record.outcome == "error" for record in old.results.values())
    done = len(old.results) - (errors if wanted.retry_errors else 0) - (len(old.lost) if wanted.retry_lost else 0)
    if done == len(plan.episodes) or old.header.stopped is not None:
        raise RunError(
            f"{path} holds a finished run of {old.header.policy.name}, and nothing tells whether it is of this object. Read "
            f"it with load_run({str(path)!r}), choose another folder with out=, or take it for this object's: resume=True"
        )
    if done:
        warnings.warn(
            f"{path} holds an unfinished run of {old.header.policy.name}: {done} of {len(plan.episodes)} episodes are done. "
            f"It goes on with this object, which is taken for the same policy.",
            stacklevel=4,  # the caller of `evaluate`, which is decorated
        )
