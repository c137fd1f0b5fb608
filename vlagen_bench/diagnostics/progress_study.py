"""The study of progress against success: episodes that are needed to tell two policies apart, by simulation on recorded runs.

    python -m vlagen_bench.diagnostics.progress_study record --policy examples/worsened_expert.py:WorsenedExpert
    python -m vlagen_bench.diagnostics.progress_study table

The first plays policies of differing skill on the same scenes, without pictures, and writes docs/data/progress_study.csv. The
second draws scenes from it, with replacement, and prints the table of docs/statistics.md.
"""

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from vlagen_bench.harness.inference import PolicyCaller
from vlagen_bench.harness.serial import SerialExecutor
from vlagen_bench.plan import catalog
from vlagen_bench.plan import plan as plans
from vlagen_bench.policies import base
from vlagen_bench.statistics.paired import mcnemar
from vlagen_bench.statistics.randomization import sign_flip_real
from vlagen_bench.utils.text import NO_DATA

RECORDS = Path("docs/data/progress_study.csv")
ERRORS_M = (0.03, 0.04, 0.05, 0.06, 0.08)
"""how far aside the policies see things"""
SIZES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
POWER, ALPHA = 0.8, 0.05
DRAWS, FLIPS = 400, 1000


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What a policy reached, scene by scene."""

    success: np.ndarray
    """(scenes,) 0 or 1"""
    progress: np.ndarray
    """(scenes,) from 0 to 1"""


@dataclass(frozen=True, kw_only=True)
class Need:
    """How many episodes, of each of two policies, tell them apart with a power of 80 %; None: more than were tried."""

    names: tuple[str, str]
    by_success: int | None
    by_progress: int | None


def record(policy: str, task_name: str, condition: str, scenes: int, path: Path) -> None:
    """Plays every policy on the same scenes, and writes one line an episode, as they end."""
    from vlagen_bench.sim.simulator import Simulator  # only here: it loads SAPIEN

    task = catalog.task(task_name)
    simulator = Simulator.of(task, drawn=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("error_m", "scene", "success", "progress"))
        for error_m in ERRORS_M:
            loaded = base.load(policy, {"error_m": str(error_m)})
            executor = SerialExecutor(task, simulator, PolicyCaller(loaded, action_dim=7, sim=simulator))
            episodes = [plans.sample(task, condition, index=index, seed=0)[0] for index in range(scenes)]
            for played in executor.plays(episodes):
                result = played.result
                assert result.error is None, result.error
                row = (error_m, result.episode.index, int(result.outcome == "success"), result.metrics["progress"])
                writer.writerow(row)
                file.flush()


def read(path: Path) -> dict[str, Scores]:
    """The records: size of the error -> scores, by scene."""
    rows: dict[str, dict[int, tuple[float, float]]] = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            scores = rows.setdefault(row["error_m"], {})
            scores[int(row["scene"])] = float(row["success"]), float(row["progress"])
    return {
        name: Scores(
            success=np.array([scores[scene][0] for scene in sorted(scores)]),
            progress=np.array([scores[scene][1] for scene in sorted(scores)]),
        )
        for name, scores in rows.items()
    }


def needs(recorded: Mapping[str, Scores], *, draws: int = DRAWS, seed: int = 0) -> Iterator[Need]:
    """What each pair of policies needs, by success and by progress; scenes are drawn with replacement."""
    for first, other in combinations(recorded, 2):
        success = recorded[first].success - recorded[other].success
        progress = recorded[first].progress - recorded[other].progress
        yield Need(
            names=(first, other),
            by_success=_need(success, _differs_by_success, draws, seed),
            by_progress=_need(progress, _differs_by_progress, draws, seed),
        )


def power(differences: np.ndarray, size: int, *, by_success: bool, draws: int = DRAWS, seed: int = 0) -> float:
    """How often so many scenes, drawn with replacement, tell the policies apart at the 5 % level."""
    test = _differs_by_success if by_success else _differs_by_progress
    random = np.random.default_rng([seed, size])
    return float(np.mean([test(random.choice(differences, size)) for _ in range(draws)]))


def _need(differences: np.ndarray, test: object, draws: int, seed: int) -> int | None:
    by_success = test is _differs_by_success
    for size in SIZES:
        if power(differences, size, by_success=by_success, draws=draws, seed=seed) >= POWER:
            return size
    return None


def _differs_by_success(differences: np.ndarray) -> bool:
    return mcnemar(int((differences > 0).sum()), int((differences < 0).sum())) < ALPHA


def _differs_by_progress(differences: np.ndarray) -> bool:
    p = sign_flip_real(differences.tolist(), flips=FLIPS)
    return p is not None and p < ALPHA


def table(recorded: Mapping[str, Scores], found: Sequence[Need]) -> Iterator[str]:
    """The two tables of docs/statistics.md, as Markdown."""
    yield "| error of the policy | episodes | success | progress |"
    yield "|---|---|---|---|"
    for name, scores in recorded.items():
        success, progress = scores.success.mean(), scores.progress.mean()
        yield f"| {100 * float(name):g} cm | {len(scores.success)} | {100 * success:.0f} % | {progress:.2f} |"
    yield ""
    yield "| policies | success | progress | episodes needed by success | by progress | ratio |"
    yield "|---|---|---|---|---|---|"
    for need in found:
        first, other = (recorded[name] for name in need.names)
        rates = f"{100 * first.success.mean():.0f} % and {100 * other.success.mean():.0f} %"
        means = f"{first.progress.mean():.2f} and {other.progress.mean():.2f}"
        names = " and ".join(f"{100 * float(name):g} cm" for name in need.names)
        known = need.by_success is not None and need.by_progress is not None
        ratio = f"{need.by_success / need.by_progress:.1f}" if known else NO_DATA  # type: ignore[operator]
        counts = (
            f"more than {SIZES[-1]}" if count is None else str(count) for count in (need.by_success, need.by_progress)
        )
        yield f"| {names} | {rates} | {means} | {' | '.join(counts)} | {ratio} |"


def main() -> None:
    """Entry point of `python -m`."""
    parser = ArgumentParser(prog="python -m vlagen_bench.diagnostics.progress_study")
    parser.add_argument("what", choices=("record", "table"))
    parser.add_argument("--policy", default="examples/worsened_expert.py:WorsenedExpert")
    parser.add_argument("--task", default="tabletop_put_on")
    parser.add_argument("--condition", default="nominal")
    parser.add_argument("--scenes", type=int, default=64)
    parser.add_argument("--records", type=Path, default=RECORDS)
    given = parser.parse_args()
    if given.what == "record":
        record(given.policy, given.task, given.condition, given.scenes, given.records)
        return
    recorded = read(given.records)
    for line in table(recorded, list(needs(recorded))):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
