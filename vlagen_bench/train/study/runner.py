"""The runner of a study: does one stage after the other, stops in time, and goes on with what is not done."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vlagen_bench.errors import ConfigError
from vlagen_bench.harness.progress import duration
from vlagen_bench.runs.durable import write_atomically
from vlagen_bench.runs.lock import locked
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.preregistration import fingerprint
from vlagen_bench.train.study.stages import Gate, Stage
from vlagen_bench.train.study.steps import Job, Step
from vlagen_bench.utils.text import percent

PROMISES = "preregistrations.json"
"""in the folder of the study"""
LEAST_S = 60.0
"""with less time left no stage begins"""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far a stage is."""

    stage: Stage
    state: folders.State
    core_s: float
    """spent so far"""

    @property
    def left_core_hours(self) -> float:
        """What it still takes, estimated: a part of what is planned, where more was spent than that."""
        if self.state == "done":
            return 0.0
        return max(self.stage.core_hours - self.core_s / 3600, 0.1 * self.stage.core_hours)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a call of `run` ended."""

    finished: tuple[str, ...]
    """stages that became done in it"""
    paused: str | None
    """the stage that goes on next time; None: none was interrupted"""
    blocked: Mapping[str, str]
    """stage -> why it cannot begin"""
    complete: bool
    """whether all stages are done"""


def standings(config: StudyConfig, out: Path) -> tuple[Standing, ...]:
    """All stages, in their order; raises `ConfigError` where one was begun with other settings."""
    return tuple(_standing(config, out, stage) for stage in config.order)


def _standing(config: StudyConfig, out: Path, stage: Stage) -> Standing:
    pieces = folders.of(out, stage.name).pieces()
    return Standing(
        stage=stage, state=folders.checked_state(config, out, stage), core_s=sum(piece.core_s for piece in pieces)
    )


def run(
    config: StudyConfig,
    out: Path,
    *,
    steps: Mapping[str, Step],
    gate_rate: Callable[[Path], float | None],
    only: str | None = None,
    hours: float | None = None,
    say: Callable[[str], None] = print,
    clock: Callable[[], float] = time.monotonic,
) -> Ended:
    """Works at the stages that are not done, in their order, for so many hours; what is done is never done again.

    Args:
        config: of the study.
        out: its folder.
        steps: kind of stage -> what does it.
        gate_rate: the success rate in a run folder; None: it has no outcome.
        only: this stage alone.
        hours: after which nothing begins, and what runs pauses; None: no limit.
        say: is told how it goes on, a sentence at a time.
        clock: seconds.

    Raises:
        ConfigError: a stage was begun with other settings, `only` is unknown, or what it needs is not done.
        RunError: a stage failed.
    """
    out.mkdir(parents=True, exist_ok=True)
    with locked(out / "lock"):
        standings(config, out)  # whatever was changed is said before anything runs
        chosen = _chosen(config, out, only)
        until = None if hours is None else clock() + 3600 * hours
        _remember(config, out)
        work = _Work(config=config, out=out, steps=steps, gate_rate=gate_rate, say=say)
        return _run(work, chosen, until, clock, again=only is not None)


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What all stages are worked at with."""

    config: StudyConfig
    out: Path
    steps: Mapping[str, Step]
    gate_rate: Callable[[Path], float | None]
    say: Callable[[str], None]


def _run(
    work: _Work, chosen: Sequence[Stage], until: float | None, clock: Callable[[], float], *, again: bool
) -> Ended:
    config, out = work.config, work.out
    finished: list[str] = []
    blocked: dict[str, str] = {}
    for stage in chosen:
        folder = folders.of(out, stage.name)
        if folder.state() == "done" and not (again and folder.elsewhere() is not None):
            continue
        lacking = [name for name in stage.needs if folders.of(out, name).state() != "done"]
        if lacking:
            blocked[stage.name] = _why(stage, lacking, blocked)
            continue
        if absent := _absent(out, stage):
            blocked[stage.name] = absent
            continue
        left = None if until is None else until - clock()
        if stage.gate is not None:
            reason = _gate(config, out, stage, stage.gate, work.gate_rate)
            if reason is not None:
                blocked[stage.name] = reason
                work.say(reason)
                continue
        elif not _work(work, stage, left):
            return _ended(config, out, finished, stage.name, blocked)
        finished.append(stage.name)
    return _ended(config, out, finished, None, blocked)


def _remember(config: StudyConfig, out: Path) -> None:
    """Keeps under which hypotheses, episodes and rules the study ran, each with the day from which on."""
    path, mark = out / PROMISES, fingerprint(config)
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    if not kept or kept[-1]["fingerprint"] != mark:
        kept.append({"fingerprint": mark, "since": datetime.now(UTC).isoformat(timespec="seconds")})
        write_atomically(path, json.dumps(kept, indent=1) + "\n")


def _chosen(config: StudyConfig, out: Path, only: str | None) -> tuple[Stage, ...]:
    if only is None:
        return config.order
    stage = config.named(only)
    if used := _made_from_stand_in(config, out, stage):
        raise ConfigError(
            f"--only {only}: {', '.join(used)} {_are(used)} made here from the weights that stand in for it, and would be of another result. "
            f"Make {only} in another folder (--out DIR), or remove {', '.join(str(out / name) for name in used)} first."
        )
    if lacking := [name for name in stage.needs if folders.of(out, name).state() != "done"]:
        raise ConfigError(
            f"--only {only}: it needs {', '.join(lacking)}, which {_are(lacking)} not done. Run that first."
        )
    if absent := _absent(out, stage):
        raise ConfigError(f"--only {only}: {absent}")
    return (stage,)


def _made_from_stand_in(config: StudyConfig, out: Path, stage: Stage) -> list[str]:
    """The stages that were begun here from what stands in for one that was done elsewhere."""
    if folders.of(out, stage.name).elsewhere() is None:
        return []
    folder_of = {one.name: folders.of(out, one.name) for one in config.order if stage.name in one.inputs}
    return [name for name, one in folder_of.items() if one.elsewhere() is None and one.state() != "new"]


def _absent(out: Path, stage: Stage) -> str | None:
    """Why a stage cannot be made, although all that it needs is done: it was done elsewhere; None: it can."""
    absent = [name for name in stage.inputs if folders.of(out, name).is_absent]
    if not absent:
        return None
    return (
        f"{stage.name} is made from {', '.join(absent)}, which {_are(absent)} done elsewhere, so that nothing of it is here. Make it "
        f"here too: the same command with --only {absent[0]}"
    )


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _why(stage: Stage, lacking: list[str], blocked: Mapping[str, str]) -> str:
    deeper = next((blocked[name] for name in lacking if name in blocked), None)
    return deeper or f"{stage.name} needs {', '.join(lacking)}, which {_are(lacking)} not done."


def _gate(
    config: StudyConfig, out: Path, stage: Stage, gate: Gate, rate_of: Callable[[Path], float | None]
) -> str | None:
    """Why the gate is closed; None: it is open, and marked so."""
    rate = rate_of(folders.of(out, gate.score).product)
    if rate is None or rate < gate.rate:
        return (
            f"The gate {stage.name} is closed: {gate.score} has a success rate of {percent(rate)}, and {percent(gate.rate)} is "
            f"needed. Nothing that comes after it begins. Train the policy further, and score it again."
        )
    folder = folders.of(out, stage.name)
    folder.begin(folders.origin_of(config, out, stage))
    folder.finish()
    return None


def _work(work: _Work, stage: Stage, left: float | None) -> bool:
    """A sitting at a stage, where there is time for one; whether the stage is done."""
    if left is not None and left < LEAST_S:
        return False
    config, out = work.config, work.out
    folder = folders.of(out, stage.name)
    goes_on = folder.state() == "begun"
    if not goes_on:
        folder.begin(folders.origin_of(config, out, stage))
    takes = hours_text(_standing(config, out, stage), config)
    work.say(f"{stage.name}: {'goes on' if goes_on else 'begins'}, for about {takes}. Log: {folder.log}")
    job = Job(
        stage=stage,
        folder=folder,
        inputs={name: folders.of(out, name).product for name in stage.inputs},
        workers=config.workers,
        remaining_s=left,
        say=work.say,
    )
    complete = work.steps[stage.kind](job)
    if complete:
        folder.finish()
    work.say(f"{stage.name}: {'done' if complete else 'paused'}.")
    return complete


def hours_text(standing: Standing, config: StudyConfig) -> str:
    """What a stage still takes, `25 min`, on the configured cores."""
    return duration(3600 * standing.left_core_hours / config.workers)


def _ended(
    config: StudyConfig, out: Path, finished: list[str], paused: str | None, blocked: Mapping[str, str]
) -> Ended:
    complete = all(folders.of(out, stage.name).state() == "done" for stage in config.order)
    return Ended(finished=tuple(finished), paused=paused, blocked=dict(blocked), complete=complete)


def told(config: StudyConfig, out: Path, ended: Ended) -> Iterator[str]:
    """What a user has to know at the end of a call."""
    if ended.complete:
        yield "Every stage is done. The page: vlagen study report, with the same --config and --out"
        return
    left = [one for one in standings(config, out) if one.state != "done" and one.stage.name not in ended.blocked]
    for reason in dict.fromkeys(ended.blocked.values()):
        names = [name for name, why in ended.blocked.items() if why == reason]
        yield f"Waiting: {', '.join(names)}. {reason}"
    if left:
        total = sum(one.left_core_hours for one in left)
        yield (
            f"Next: {left[0].stage.name}, about {hours_text(left[0], config)}; all that is left takes about "
            f"{duration(3600 * total / config.workers)} on {config.cores}. The same command goes on."
        )
