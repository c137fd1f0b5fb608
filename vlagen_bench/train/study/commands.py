"""The commands that do the stages: demonstrations, trainings and evaluations, each in a process of its own."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from vlagen_bench.errors import ConfigError, RunError, unknown
from vlagen_bench.train.study import process
from vlagen_bench.train.study.stages import Collect, Score, Train
from vlagen_bench.train.study.steps import Job, Step
from vlagen_bench.utils import installing, paths
from vlagen_bench.utils.parsing import load_yaml

POLICY = "compact"
CHECKPOINT = "policy.safetensors"
"""what a training leaves in its folder"""
INCOMPLETE = 1
"""exit code of a training that goes on when it is repeated"""
STRAY_S = 300.0
"""by which a training that knows how long it may take may overrun"""


def steps() -> dict[str, Step]:
    """Kind of stage -> what does it."""
    return {"collect": step, "train": step, "score": step}


def step(job: Job) -> bool:
    """A sitting at the command of a stage; whether the stage is done."""
    words = command(job)
    limit = job.remaining_s
    if limit is not None and "--minutes" in words:
        limit += STRAY_S
    job.folder.settle()
    done = process.run(words, job.folder.log, keep=job.folder.add, note=job.folder.note, remaining_s=limit, say=job.say)
    if done.code == 0 and _is_there(job):
        return True
    paused = done.timed_out or (job.remaining_s is not None and done.code == INCOMPLETE and "--minutes" in words)
    if not paused:
        raise RunError(
            f"The stage {job.stage.name} failed with exit code {done.code}. Its log, {job.folder.log}, ends with:\n"
            f"{process.tail(job.folder.log)}"
        )
    return False


def _is_there(job: Job) -> bool:
    return job.stage.train is None or (job.folder.product / CHECKPOINT).is_file()


def command(job: Job) -> list[str]:
    """The words of the command that does a stage; of a training its configuration is written beside, too."""
    work = job.stage.work
    if isinstance(work, Collect):
        return _collect(job, work)
    if isinstance(work, Train):
        return _train(job, work)
    assert isinstance(work, Score), "a gate is no command"
    return _score(job, work)


def _collect(job: Job, work: Collect) -> list[str]:
    words = [
        script("vlagen"), "collect", "--out", str(job.folder.product), "--episodes", str(work.episodes),
        "--seed", str(work.seed), "--workers", str(job.workers),
    ]  # fmt: skip
    if work.policy:
        checkpoint = job.inputs[work.policy] / CHECKPOINT
        words += ["--takeover", POLICY, "--takeover-args", f"checkpoint={checkpoint.resolve()}"]
    return words + options(work.settings)


def _train(job: Job, work: Train) -> list[str]:
    file = job.folder.path / "config.yaml"
    file.write_text(yaml.safe_dump(_config(job, work), sort_keys=False), encoding="utf-8")
    words = [script("vlagen-train"), work.algorithm, "--config", str(file), "--out", str(job.folder.product)]
    if job.remaining_s is not None:
        words += ["--minutes", f"{max(job.remaining_s / 60, 0.1):.2f}"]
    return words


def _config(job: Job, work: Train) -> dict[str, Any]:
    """What the training is told: the shipped configuration, the stage's settings, and what it is made from."""
    said = merged(load_yaml(shipped(work.algorithm, work.config)), work.settings)
    if work.start:
        said["start"] = str((job.inputs[work.start] / CHECKPOINT).resolve())
        said.pop("network", None)  # a checkpoint has its own sizes
    if work.data:
        said.pop("collect", None)  # it would make its own
        said["demonstrations"] = [str(job.inputs[name].resolve()) for name in work.data]
    if work.takeovers:
        said["takeovers"] = [str(job.inputs[name].resolve()) for name in work.takeovers]
    return said


def _score(job: Job, work: Score) -> list[str]:
    checkpoint = job.inputs[work.policy] / CHECKPOINT
    words = [
        script("vlagen-eval"), "--policy", POLICY, "--policy-args", f"checkpoint={checkpoint.resolve()}",
        "--suite", work.suite, "--video", "none", "--workers", str(job.workers), "--out", str(job.folder.product),
        "--retry-errors",
    ]  # fmt: skip
    if work.conditions:
        words += ["--conditions", ",".join(work.conditions)]
    if work.episodes is not None:
        words += ["--episodes", str(work.episodes)]
    if work.seed is not None:
        words += ["--seed", str(work.seed)]
    return words


def options(settings: Mapping[str, Any]) -> list[str]:
    """Settings as options of a command: `only_success: true` is `--only-success`."""
    words: list[str] = []
    for key, value in settings.items():
        option = "--" + key.replace("_", "-")
        if value is True:
            words.append(option)
        elif value is not False:
            words += [option, str(value)]
    return words


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration with changes, which go into its nested mappings."""
    result = dict(base)
    for key, value in changes.items():
        inner = result.get(key)
        result[key] = merged(inner, value) if isinstance(inner, Mapping) and isinstance(value, Mapping) else value
    return result


def shipped(algorithm: str, name: str) -> Path:
    """The file of a training configuration: a shipped name, or a path.

    Raises:
        ConfigError: there is no such file.
    """
    known = {path.stem: path for path in sorted((paths.tasks_dir() / "train" / algorithm).glob("*.yaml"))}
    path = known.get(name, Path(name))
    if name not in known and (path.suffix not in (".yaml", ".yml") or not path.is_file()):
        raise ConfigError(f"{unknown(f'configuration of {algorithm}', name, known)} Or give the path of a YAML file.")
    return path


def script(name: str) -> str:
    """The path of a command of this installation.

    Raises:
        ConfigError: it is not installed.
    """
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.is_file() else shutil.which(name)
    if found is None:
        raise ConfigError(f"The command {name} is not beside this Python, nor on the path: {installing.itself()}")
    return found
