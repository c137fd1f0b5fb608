"""The records of a study, small enough to be committed: a table of outcomes for each evaluation, curves, costs, and hashes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vlagen_bench.errors import RunError
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import outcomes
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.outcomes import Evaluation
from vlagen_bench.train.study.runner import PROMISES
from vlagen_bench.train.study.stages import Stage
from vlagen_bench.utils.parsing import build

MANIFEST = "study.json"
TAKEN = "records"
"""in the folder of a study: the records of stages that were done elsewhere"""
LOG, CONFIG = "log.jsonl", "config.json"
CURVE = ("iteration", "loss", "control_steps", "episodes", "success_rate", "eval/nominal", "kl", "clip_fraction", "entropy", "explained_variance", "rollout_s", "update_s")  # fmt: skip
"""what is kept of a training's log"""
DIGITS = 5


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Hypotheses, episodes and rules under which the study ran."""

    fingerprint: str
    since: str
    """time of day, UTC"""


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """What is kept of a stage."""

    state: folders.State
    sittings: int = 0
    wall_s: float = 0.0
    core_s: float = 0.0
    peak_bytes: int = 0
    product: str = ""
    """hash of what it made; empty: it is not done, or made nothing"""
    plan: str = ""
    """of an evaluation: hash of its episodes"""
    episodes: int = 0
    """of an evaluation: how many have a result"""
    curve: tuple[dict[str, float | None], ...] = ()
    """of a training"""
    held_out: int = 0
    """episodes of each held-out score in it; 0: not recorded"""
    content: str = ""
    """hash of what the configuration said of it; empty: not recorded"""
    released: tuple[str, ...] = ()
    """built-in policies whose weights stood in for those of the stages that it was made from"""


@dataclass(frozen=True, kw_only=True)
class Records:
    """All that the page is made from."""

    study: str
    promises: tuple[Promise, ...] = ()
    stages: dict[str, StageRecord] = field(default_factory=dict)
    tables: dict[str, Evaluation] = field(default_factory=dict)
    """evaluation -> its outcomes; those that are done"""

    def state(self, name: str) -> folders.State:
        """How far a stage is."""
        return self.stages[name].state if name in self.stages else "new"

    def of_policies(self, config: StudyConfig) -> dict[str, Evaluation]:
        """Trained policy -> its outcomes on the suites' own episodes."""
        found: dict[str, list[Evaluation]] = {}
        for stage in config.order:
            if stage.score is not None and stage.score.seed is None and stage.name in self.tables:
                found.setdefault(stage.score.policy, []).append(self.tables[stage.name])
        return {policy: outcomes.merged(members) for policy, members in found.items()}


def collect(config: StudyConfig, out: Path) -> Records:
    """The records in the folder of a study, and those of stages that were done elsewhere.

    Raises:
        ConfigError: a stage was begun with other settings.
        RunError: a run folder is damaged, or its episodes are not those of the configuration.
    """
    stages, tables, other = {}, {}, read(out / TAKEN)
    for stage in config.order:
        folder = folders.of(out, stage.name)
        state = folders.checked_state(config, out, stage)
        if state == "new":
            continue
        if folder.elsewhere() is not None:
            stages[stage.name] = other.stages[stage.name]
            if stage.name in other.tables:
                tables[stage.name] = other.tables[stage.name]
            continue
        pieces = folder.pieces()
        more: dict[str, Any] = {}
        if stage.score is not None and (folder.product / "episodes.jsonl").is_file():
            evaluation, plan = outcomes.of_run(folder.product)
            if plan != stage.score.plan_hash:
                raise RunError(f"{folder.product} holds other episodes than the configuration says for {stage.name}.")
            more = {"plan": plan, "episodes": len(evaluation.rows)}
            if state == "done":
                tables[stage.name] = evaluation
        if stage.train is not None:
            more = {"curve": tuple(_curve(folder.product / LOG)), "held_out": _held_out(folder.product / CONFIG)}
        stages[stage.name] = StageRecord(
            state=state,
            sittings=len(pieces),
            wall_s=round(sum(piece.wall_s for piece in pieces), 1),
            core_s=round(sum(piece.core_s for piece in pieces), 1),
            peak_bytes=max((piece.peak_bytes for piece in pieces), default=0),
            product=folder.product_hash() if state == "done" else "",
            content=config.content_of(stage),
            released=tuple(_released(out, stage)),
            **more,
        )
    kept = json.loads((out / PROMISES).read_text(encoding="utf-8")) if (out / PROMISES).is_file() else []
    promises = build(tuple[Promise, ...], kept, str(out / PROMISES))
    return Records(study=config.name, promises=_joined(other.promises, promises), stages=stages, tables=tables)


def _released(out: Path, stage: Stage) -> Iterator[str]:
    for name in stage.inputs:
        what = folders.of(out, name).elsewhere()
        if what is not None and what.released:
            yield what.released


def _joined(before: tuple[Promise, ...], after: tuple[Promise, ...]) -> tuple[Promise, ...]:
    """Promises of two folders, without those that change nothing."""
    joined: list[Promise] = list(before)
    for one in after:
        if not joined or joined[-1].fingerprint != one.fingerprint:
            joined.append(one)
    return tuple(joined)


def _curve(log: Path) -> list[dict[str, float | None]]:
    kept = []
    for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if log.is_file() else ():
        if line.endswith("\n"):  # the last one may have been cut off
            said: Mapping[str, Any] = json.loads(line)
            kept.append({name: _short(said[name]) for name in CURVE if name in said})
    return kept


def _held_out(config: Path) -> int:
    said = json.loads(config.read_text(encoding="utf-8")) if config.is_file() else {}
    return int(said["evaluation"]["episodes"]) if said.get("evaluation", {}).get("every") else 0


def _short(value: float | None) -> float | None:
    return value if value is None or isinstance(value, int) else round(value, DIGITS)


def write(records: Records, folder: Path) -> None:
    """Writes the manifest, and a table for each evaluation; tables of former evaluations are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        if old.stem not in records.tables:
            old.unlink()
    for name, evaluation in records.tables.items():
        outcomes.write(evaluation, folder / f"{name}.csv")
    said = {
        "study": records.study,
        "promises": [asdict(one) for one in records.promises],
        "stages": {name: asdict(stage) for name, stage in records.stages.items()},
    }
    (folder / MANIFEST).write_text(_json(said) + "\n", encoding="utf-8")


def _json(said: Mapping[str, Any]) -> str:
    """Indented, but a line of a curve on one line."""
    stages = {}
    for name, stage in said["stages"].items():
        stages[name] = {**stage, "curve": [json.dumps(line) for line in stage["curve"]]}
    text = json.dumps({**said, "stages": stages}, indent=1)
    for stage in said["stages"].values():
        for line in stage["curve"]:
            text = text.replace(json.dumps(json.dumps(line)), json.dumps(line), 1)
    return text


def read(folder: Path) -> Records:
    """The records that `write` wrote; none, where there is no manifest.

    Raises:
        RunError: a file is damaged.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return Records(study="")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise RunError(f"{path} is damaged. Write it again: vlagen study report") from None
    records = build(Records, said, str(path))
    done = [name for name, stage in records.stages.items() if stage.plan and stage.state == "done"]
    tables = {name: outcomes.read(folder / f"{name}.csv") for name in done}
    return Records(study=records.study, promises=records.promises, stages=records.stages, tables=tables)
