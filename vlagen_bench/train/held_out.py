"""The score of a policy during training, on episodes that it is never trained on."""

import shutil
from collections.abc import Callable
from pathlib import Path

import torch

from vlagen_bench.errors import RunError
from vlagen_bench.plan.selection import make_plan
from vlagen_bench.report.evaluate import evaluate
from vlagen_bench.report.run import Run
from vlagen_bench.train.config import EvaluationConfig
from vlagen_bench.types import Task
from vlagen_bench.utils.processes import cores


def score(
    policy: Path, task: Task, config: EvaluationConfig, out: Path, note: Callable[[str], None] = lambda text: None
) -> dict[str, float]:
    """The greedy success rate by condition, as `eval/<condition>`; the run folder `out` is like any other.

    A score that was interrupted goes on. It begins anew where `out` is of other weights or of other episodes, as after an
    iteration that was done again with another number of threads: no line of the log has it yet.

    Args:
        policy: the checkpoint.
        task: of the training.
        config: which episodes.
        out: the run folder.
        note: is told where it begins anew.

    Raises:
        VlagenError: as `evaluate`.
    """
    threads = torch.get_num_threads()
    try:
        try:
            run = _played(policy, task, config, out)
        except RunError as error:
            if not out.is_dir():
                raise
            note(f"The score in {out} is played anew: {error}")
            shutil.rmtree(out)
            run = _played(policy, task, config, out)
    finally:
        torch.set_num_threads(threads)  # which the policy sets to one
    return {f"eval/{name}": float(run.table.loc[name, "rate"]) for name in config.conditions}  # type: ignore[arg-type]


def check(task: Task, config: EvaluationConfig) -> None:
    """Raises `VlagenError` for a suite, a condition or a number that `score` would stumble over after hours."""
    if config.every:
        make_plan(
            config.suite, task=task.name, conditions=config.conditions, episodes=config.episodes, seed=config.seed
        )


def _played(policy: Path, task: Task, config: EvaluationConfig, out: Path) -> Run:
    return evaluate(
        "compact", config.suite, task=task.name, conditions=config.conditions, episodes=config.episodes,
        seed=config.seed, out=out, resume=True, workers=config.workers or cores(),
        policy_args={"checkpoint": str(policy)}, video="none",
    )  # fmt: skip
