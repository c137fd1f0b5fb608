"""The records of a study, small enough to be committed: a table of outcomes for each evaluation, curves, costs, and hashes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.runs.durable import write_atomically
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
COUNTS = ("iteration", "control_steps", "episodes")
"""those of them that are whole numbers"""
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
    others: tuple[str, ...] = ()
    """stages that it was made from, of which these records have another result: made again since, in another folder"""


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
        RunError: a run folder is damaged, or its episodes are not those of the configuration; or the records of a stage are missing.
    """
    stages, tables, other = {}, {}, read(out / TAKEN)
    for stage in config.order:
        folder = folders.of(out, stage.name)
        state = folders.checked_state(config, out, stage)
        if state == "new":
            continue
        if folder.elsewhere() is not None:
            if other.state(stage.name) != "done":
                raise RunError(
                    f"{out / TAKEN} has no records of the stage {stage.name}, which was done elsewhere. Take them again: vlagen study run "
                    f"--records FOLDER; or remove {folder.path}, to do the stage here."
                )
            stages[stage.name] = _with_others(config, out, stage, other)
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
    return Records(study=config.name, promises=joined(other.promises, promises), stages=stages, tables=tables)


def is_same(stage: Stage, folder: folders.StageFolder, kept: Records) -> bool | None:
    """Whether a stage that is done in a folder has the result of records; None: that cannot be told."""
    is_scored = stage.score is not None and stage.name in kept.tables
    table = outcomes.of_run(folder.product)[0] if is_scored else None
    return same_result(stage, folder.product_hash(), table, kept)


def same_result(stage: Stage, product: str, table: Evaluation | None, kept: Records) -> bool | None:
    """Whether a stage that is done has the result of records; None: that cannot be told.

    Evaluations are compared by their outcomes, and trainings by their weights. The files of demonstrations also say how long they took.

    Args:
        stage: which.
        product: the hash of what it made.
        table: of an evaluation, its outcomes.
        kept: records in which it is done.
    """
    if stage.score is not None and stage.name in kept.tables:
        return table == kept.tables[stage.name]
    if product == kept.stages[stage.name].product:
        return True
    return False if stage.train is not None else None


def _with_others(config: StudyConfig, out: Path, stage: Stage, kept: Records) -> StageRecord:
    """The record of a stage that was done elsewhere; it names what it was made from that has another result here."""
    others = [
        name
        for name in stage.inputs
        if name in kept.stages
        and (folder := folders.of(out, name)).elsewhere() is None
        and folder.state() == "done"
        and is_same(config.by_name[name], folder, kept) is False
    ]
    record = kept.stages[stage.name]
    return replace(record, others=tuple(others) or record.others)


def _released(out: Path, stage: Stage) -> Iterator[str]:
    for name in stage.inputs:
        what = folders.of(out, name).elsewhere()
        if what is not None and what.released:
            yield what.released


def joined(before: tuple[Promise, ...], after: tuple[Promise, ...]) -> tuple[Promise, ...]:
    """Promises of two folders in the order of their days, without those that change nothing."""
    changes: list[Promise] = []
    for one in sorted((*before, *after), key=lambda one: one.since):
        if not changes or changes[-1].fingerprint != one.fingerprint:
            changes.append(one)
    return tuple(changes)


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
    for name, evaluation in records.tables.items():
        outcomes.write(evaluation, folder / f"{name}.csv")
    said = {
        "study": records.study,
        "promises": [asdict(one) for one in records.promises],
        "stages": {name: asdict(stage) for name, stage in records.stages.items()},
    }
    write_atomically(folder / MANIFEST, _json(said) + "\n")
    for old in folder.glob("*.csv"):
        if old.stem not in records.tables:
            old.unlink()


def _json(said: Mapping[str, Any]) -> str:
    """Indented, but a line of a curve on one line."""
    stages = {}
    for name, stage in said["stages"].items():
        stages[name] = {**stage, "curve": [json.dumps(_whole(line)) for line in stage["curve"]]}
    text = json.dumps({**said, "stages": stages}, indent=1)
    for stage in stages.values():
        for line in stage["curve"]:
            text = text.replace(json.dumps(line), line, 1)
    return text


def _whole(line: Mapping[str, float | None]) -> dict[str, float | None]:
    """A line of a curve, in which counts are whole numbers."""
    return {name: int(value) if name in COUNTS and value is not None else value for name, value in line.items()}


def read(folder: Path) -> Records:
    """The records that `write` wrote; none, where there is no manifest.

    Raises:
        RunError: a file is damaged.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return Records(study="")
    try:
        records = build(Records, json.loads(path.read_text(encoding="utf-8")), str(path))
    except ValueError:
        raise RunError(f"{path} is damaged. {outcomes.RESTORE}") from None
    except ConfigError as error:
        raise RunError(f"{path} is damaged, or of another version: {error} {outcomes.RESTORE}") from None
    done = [name for name, stage in records.stages.items() if stage.plan and stage.state == "done"]
    tables = {name: outcomes.read(folder / f"{name}.csv") for name in done}
    for name, table in tables.items():
        if not len({row.key for row in table.rows}) == len(table.rows) == records.stages[name].episodes:
            raise RunError(
                f"{folder / name}.csv has {len(table.rows)} outcomes, of {len({row.key for row in table.rows})} episodes, and {path} says "
                f"that there are {records.stages[name].episodes}. {outcomes.RESTORE}"
            )
    return Records(study=records.study, promises=records.promises, stages=records.stages, tables=tables)
