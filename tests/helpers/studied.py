"""Studies that nobody ran: a small configuration, steps that pretend, and evaluations by rule."""

import json
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from helpers.fabricated import fabricate
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.folder import Piece
from vlagen_bench.train.study.outcomes import Evaluation, Row
from vlagen_bench.train.study.records import Records, StageRecord
from vlagen_bench.train.study.steps import Job
from vlagen_bench.utils.parsing import build

ALL = {"sft": 0.5, "ppo-1": 0.8, "ppo-2": 0.75, "grpo": 0.7, "dpo": 0.55, "sft-250": 0.1, "sft-500": 0.2, "sft-2000": 0.55, "ppo-short": 0.6, "ppo-epochs": 0.6, "ppo-separate": 0.6, "ppo-cold": 0.3, "sft-ungrounded": 0.2, "sft-chunk-1": 0.3}  # fmt: skip
"""policy of the shipped study -> a success rate"""


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


def evaluation(outcomes: dict[str, str], **more) -> Evaluation:
    """Condition -> `1101`: the outcomes of its scenes; `e` is an error, `-` is absent."""
    rows = [
        Row(
            condition=condition, index=index, outcome={"1": "success", "0": "failure", "e": "error"}[letter],
            once=letter == "1", steps=20, reached=True, grasped=letter == "1", over_target=letter == "1",
            trouble="" if letter == "1" else "missed_grasp", object=f"object_{index % 2}", receptacle="plate", **more,
        )
        for condition, letters in outcomes.items()
        for index, letter in enumerate(letters)
        if letter != "-"
    ]  # fmt: skip
    return Evaluation(rows=tuple(rows))


def at_rate(config: StudyConfig, policy: str, rate: float) -> dict[str, Evaluation]:
    """Stage -> the outcomes of a policy that succeeds in this share of the scenes of each condition."""
    found = {}
    for stage in config.stages:
        score = stage.score
        if score is not None and score.policy == policy:
            found[stage.name] = evaluation(
                {name: _letters(f"{policy} {name}", rate, score.chosen.episodes) for name in score.chosen.conditions}
            )
    return found


def _letters(seed: str, rate: float, episodes: int) -> str:
    won = round(rate * episodes)
    order = np.random.default_rng(zlib.crc32(seed.encode())).permutation(episodes)
    return "".join("1" if place < won else "0" for place in order)


def records_of(config: StudyConfig, rates: dict[str, float]) -> Records:
    """The records of a study whose trainings have these success rates; those that are not named were not run."""
    tables = {name: one for policy, rate in rates.items() for name, one in at_rate(config, policy, rate).items()}
    curve = tuple(
        {
            "iteration": number,
            "control_steps": 1000 * number,
            "success_rate": 0.05 * number,
            "eval/nominal": 0.06 * number,
        }
        for number in range(1, 11)
    )
    done = {}
    for stage in config.stages:
        if stage.name in rates:
            is_rl = stage.train is not None and stage.train.algorithm != "sft"
            done[stage.name] = StageRecord(
                state="done",
                sittings=1,
                wall_s=1800.0,
                core_s=3600.0,
                peak_bytes=2_000_000_000,
                curve=curve if is_rl else (),
            )
        elif stage.name in tables:
            done[stage.name] = StageRecord(
                state="done", core_s=360.0, plan=stage.score.plan_hash, episodes=len(tables[stage.name].rows)
            )
    return Records(study=config.name, stages=done, tables=tables)
