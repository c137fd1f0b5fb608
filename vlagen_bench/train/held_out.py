"""The score of a policy during training, on episodes that it is never trained on."""

from pathlib import Path

import torch

from vlagen_bench.report.evaluate import evaluate
from vlagen_bench.train.config import EvaluationConfig
from vlagen_bench.types import Task
from vlagen_bench.utils.processes import cores


def score(policy: Path, task: Task, config: EvaluationConfig, out: Path) -> dict[str, float]:
    """The greedy success rate by condition, as `eval/<condition>`; the run folder `out` is like any other.

    Raises:
        VlagenError: as `evaluate`.
    """
    threads = torch.get_num_threads()
    try:
        run = evaluate(
            "compact", config.suite, task=task.name, conditions=config.conditions, episodes=config.episodes,
            seed=config.seed, out=out, resume=True, workers=config.workers or cores(),
            policy_args={"checkpoint": str(policy)}, video="none",
        )  # fmt: skip
    finally:
        torch.set_num_threads(threads)  # which the policy sets to one
    return {f"eval/{name}": float(run.table.loc[name, "rate"]) for name in config.conditions}  # type: ignore[arg-type]
