"""The stages of a study that were done in another folder, of which this one has the records and the released weights."""

import shutil
from pathlib import Path

from vlagen_bench.errors import ConfigError
from vlagen_bench.policies import shipped
from vlagen_bench.runs.lock import locked
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import records as stored
from vlagen_bench.train.study.commands import CHECKPOINT
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.folder import Elsewhere, Origin, StageFolder
from vlagen_bench.train.study.records import Records, StageRecord
from vlagen_bench.train.study.stages import Stage


def adopt(config: StudyConfig, out: Path, folder: Path) -> tuple[str, ...]:
    """Takes the stages that records say are done as done, except those that were begun here; which ones.

    Where a later stage is made from a training, the released weights stand in for the training's own.

    Args:
        config: of the study.
        out: its folder.
        folder: of the records, such as `docs/data/study`.

    Raises:
        ConfigError: there are no records, or they are of another study.
        RunError: they are damaged.
    """
    records = stored.read(folder)
    _check(config, records, folder)
    out.mkdir(parents=True, exist_ok=True)
    with locked(out / "lock"):
        if folder.resolve() != (out / stored.TAKEN).resolve():
            shutil.rmtree(out / stored.TAKEN, ignore_errors=True)
            stored.write(records, out / stored.TAKEN)
        taken = []
        for stage in config.order:
            if records.state(stage.name) == "done" and _is_open(folders.of(out, stage.name)):
                _adopt(config, out, stage)
                taken.append(stage.name)
    return tuple(taken)


def _is_open(folder: StageFolder) -> bool:
    """Whether nothing was begun here; an interruption may have left a part of what is taken."""
    return folder.state() == "new" or (folder.state() == "begun" and folder.elsewhere() is not None)


def _adopt(config: StudyConfig, out: Path, stage: Stage) -> None:
    file = shipped.weights_of(stage.released) if stage.released else None
    is_here = file is not None and file.is_file()
    origin = Origin(content=config.content_of(stage), inputs={})
    what = Elsewhere(released=stage.released if is_here else "")
    folders.of(out, stage.name).adopt(origin, what, {CHECKPOINT: file} if file is not None and is_here else {})


def _check(config: StudyConfig, records: Records, folder: Path) -> None:
    if not records.study:
        raise ConfigError(f"{folder} has no records of a study: there is no {stored.MANIFEST} in it.")
    if records.study != config.name:
        raise ConfigError(f"{folder} has records of the study {records.study}, and this is {config.name}.")
    for name, kept in records.stages.items():
        stage = config.by_name.get(name)
        if stage is None or _is_other(config, stage, kept):
            raise ConfigError(
                f"{folder} has records of a stage {name} that the configuration {config.name} does not have, or has with other "
                f"settings. Take the configuration that they were made with: --config FILE"
            )


def _is_other(config: StudyConfig, stage: Stage, kept: StageRecord) -> bool:
    other_plan = bool(kept.plan) and stage.score is not None and stage.score.plan_hash != kept.plan
    return other_plan or (bool(kept.content) and kept.content != config.content_of(stage))


def sameness(out: Path, name: str) -> str | None:
    """Whether a stage that was made again here has the result of the records; None: they have none, or it was not made here."""
    kept, folder = stored.read(out / stored.TAKEN).stages.get(name), folders.of(out, name)
    if kept is None or not kept.product or folder.state() != "done" or folder.elsewhere() is not None:
        return None
    if kept.product == folder.product_hash():
        return f"{name}: the result is that of the records, to the bit."
    return f"{name}: the result is not that of the records; what was made from it elsewhere is made from another one."
