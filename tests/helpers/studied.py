"""Studies that nobody ran: a small configuration, steps that pretend, and evaluations by rule."""

import json
from collections.abc import Callable
from pathlib import Path

from helpers.fabricated import fabricate
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.folder import Piece
from vlagen_bench.train.study.steps import Job
from vlagen_bench.utils.parsing import build


def small(**changes) -> StudyConfig:
    """Demonstrations, a policy, its gate, one that reinforcement learning makes of it, and their scores."""
    said = {
        "name": "small",
        "version": 1,
        "question": "Does it help?",
        "workers": 1,
        "stages": [
            {"name": "demos", "core_hours": 0.5, "collect": {"episodes": 4, "seed": 2_000_000}},
            {"name": "sft", "core_hours": 1.0, "train": {"algorithm": "sft", "config": "toy", "data": ["demos"]}},
            {"name": "score-gate", "core_hours": 0.1, "score": _score("sft", seed=500_001)},
            {"name": "gate", "gate": {"score": "score-gate", "rate": 0.5}},
            {
                "name": "ppo",
                "core_hours": 4.0,
                "after": ["gate"],
                "train": {"algorithm": "ppo", "config": "toy", "start": "sft"},
            },
            {"name": "score-sft", "core_hours": 0.2, "score": _score("sft")},
            {"name": "score-ppo", "core_hours": 0.2, "score": _score("ppo")},
        ],
        "hypotheses": [
            {
                "id": "H1", "says": "It helps.", "paper": "+15.7 points", "better": "ppo", "than": "sft",
                "conditions": ["nominal"],
            },
        ],
    }  # fmt: skip
    return build(StudyConfig, said | changes, "small")


def _score(policy, **more):
    return {"policy": policy, "suite": "study", "conditions": ["nominal"], "episodes": 2, **more}


class Pretence:
    """Steps that leave what the real ones leave, and note what they were asked to do."""

    def __init__(self, pauses: dict[str, int] | None = None, gate_rate: float = 1.0):
        """`pauses`: stage -> in how many sittings it does not come to its end."""
        self.pauses, self.gate_rate = dict(pauses or {}), gate_rate
        self.worked: list[str] = []
        self.remaining: dict[str, float | None] = {}
        self.clock = 0.0
        self.takes_s: dict[str, float] = {}

    def __call__(self, job: Job) -> bool:
        name = job.stage.name
        self.worked.append(name)
        self.remaining[name] = job.remaining_s
        self.clock += self.takes_s.get(name, 0.0)
        job.folder.add(Piece(began="2026-01-01T00:00:00+00:00", wall_s=60.0, core_s=90.0, peak_bytes=2_000_000))
        for product in job.inputs.values():
            assert product.exists(), "a stage begins only when its inputs are there"
        if self.pauses.get(name):
            self.pauses[name] -= 1
            return False
        job.folder.product.mkdir(parents=True, exist_ok=True)
        leave(job)
        return True

    @property
    def steps(self):
        return dict.fromkeys(("collect", "train", "score"), self)


def leave(job: Job) -> None:
    """Something that has a hash, and depends on the stage's settings."""
    kind = job.stage.kind
    file = {"train": "policy.safetensors", "score": "episodes.jsonl"}.get(kind, "data")
    (job.folder.product / file).write_text(f"{job.stage.work}")
    if kind == "train":
        lines = [{"iteration": 0, "eval/nominal": 0.5}, {"iteration": 1, "control_steps": 100, "success_rate": 0.25}]
        (job.folder.product / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def score_by_rule(job: Job, outcome: Callable) -> None:
    """A run folder of the stage's episodes; `outcome(episode)` says what became of each."""
    score = job.stage.score
    fabricate(
        job.folder.product, score.suite, outcome,
        episodes=score.chosen.episodes, conditions=score.chosen.conditions, seed=score.chosen.seed,
    )  # fmt: skip


def product(out: Path, name: str) -> Path:
    return out / name / "product"
