"""The training distribution: a mixture of episodes of one task, a pure function from index and seed to the episode."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from vlagen_bench import axes, tasks
from vlagen_bench.axes import AXES
from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.plan import catalog, plan
from vlagen_bench.types import Episode, Task
from vlagen_bench.utils import paths
from vlagen_bench.utils.parsing import build, load_yaml
from vlagen_bench.utils.seeding import stream

FIRST_SEED = 2_000_000
"""training seeds begin here; those of suites and of Gymnasium ids are lower"""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One kind of episode of a mixture."""

    count: int
    """of the episodes of a block; the counts of all parts together are a block"""
    axes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """axis -> parameters, over those of the task's nominal condition"""


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A mixture of episodes to train on."""

    name: str
    version: int
    task: str
    seed: int
    """where none is given; training seeds begin at `FIRST_SEED`"""
    parts: dict[str, Part]
    templates: tuple[str, ...] = ()
    """of instructions, in every part; empty: the task's own. One that stands here twice is drawn twice as often"""

    def episode(self, index: int, seed: int | None = None) -> Episode:
        """Episode number `index`; another seed gives other episodes of the same mixture.

        Raises:
            ConfigError: a negative index, or a seed that is no training seed.
        """
        seed = training_seed(self.seed if seed is None else seed)
        if index < 0:
            raise ConfigError(f"The distribution {self.name}: an index is 0 or more, not {index}.")
        part = self.part_of(index, seed)
        values = plan.draw(self.of_task, self.axis_sets[part], index=index, seed=seed)
        return Episode(
            task=self.of_task.ref, condition=f"{self.name}:{part}", index=index, seed=seed, values=values, twin=None
        )

    def part_of(self, index: int, seed: int) -> str:
        """The part that an episode is of. Each block of episodes has every part as often as it says, in an order that is drawn."""
        block = [name for name, part in self.parts.items() for _ in range(part.count)]
        number, place = divmod(index, len(block))
        order = stream(seed, self.name, "parts", number).permutation(len(block))
        return block[order[place]]

    @property
    def of_task(self) -> Task:
        """The task of the episodes."""
        return catalog.task(self.task)

    @cached_property
    def axis_sets(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Part -> axis -> parameters: the task's nominal ones, what the part's axes need, the part's own, the templates."""
        return {name: self._axis_set(name, part) for name, part in self.parts.items()}

    def _axis_set(self, name: str, part: Part) -> dict[str, dict[str, Any]]:
        where, task = f"The distribution {self.name}: parts: {name}", self.of_task
        offer, takers = tasks.offer_of(task), dict[str, str]()
        merged = {axis: dict(parameters) for axis, parameters in task.nominal.items()}
        for axis, parameters in part.axes.items():
            if axis not in AXES:
                raise ConfigError(f"{where}: {unknown('axis', axis, AXES.names())}")
            if lack := axes.lack_of(AXES.get(axis), offer, ready_made=False):
                raise ConfigError(f"{where}: {lack}")
            for what in AXES.get(axis).takes:
                if what in takers:
                    raise ConfigError(f"{where}: {takers[what]} and {axis} exclude each other: both take the {what}.")
                takers[what] = axis
            mine = {**task.nominal.get(axis, {}), **parameters}
            merged[axis] = {**merged.get(axis, {}), **mine}
            for other, more in axes.make(axis, mine, where).needs().items():
                merged[other] = {**merged.get(other, {}), **more}
        if self.templates:
            merged["instruction"] = {**merged.get("instruction", {}), "templates": self.templates}
        _check_unseen(merged, where)
        return merged


def training_seed(seed: int) -> int:
    """The seed; raises `ConfigError` for one that suites or Gymnasium ids may have."""
    if seed < FIRST_SEED:
        raise ConfigError(f"--seed {seed}: training seeds begin at {FIRST_SEED}; lower ones are of tests.")
    return seed


def _check_unseen(axis_set: Mapping[str, Mapping[str, Any]], where: str) -> None:
    """Raises `ConfigError` for what is kept for tests: assets outside the training split, and rewritten instructions."""
    for axis, parameters in axis_set.items():
        if parameters.get("split", "train") != "train":
            raise ConfigError(f"{where}: {axis}: the split '{parameters['split']}' is kept for tests. Use train.")
    wording = axis_set.get("instruction", {})
    tested = {sentence for level in REWRITES for sentence in level}
    if kept := sorted(tested & set(wording.get("templates", ()))):
        raise ConfigError(f"{where}: the template '{kept[0]}' is a test of the axis instruction. Word it otherwise.")
    if wording.get("rewrite"):
        raise ConfigError(f"{where}: instruction: rewritings are kept for tests. Give `templates`.")


def names() -> tuple[str, ...]:
    """The shipped distributions."""
    return tuple(sorted(_shipped()))


def _shipped() -> dict[str, Path]:
    return {path.stem: path for path in (paths.tasks_dir() / "distributions").glob("*.yaml")}


def load(name: str) -> Distribution:
    """The distribution of this name, or of a YAML file.

    Raises:
        ConfigError: there is none, or its file says something that is not allowed.
    """
    if name.endswith((".yaml", ".yml")):
        return read(Path(name))
    known = _shipped()
    if name not in known:
        raise ConfigError(unknown("distribution", name, known))
    return _read_once(known[name])


@cache
def _read_once(path: Path) -> Distribution:
    return read(path)


def read(path: Path) -> Distribution:
    """The distribution in a file, checked against its task."""
    parsed = build(Distribution, load_yaml(path), str(path))
    if parsed.name != path.stem:
        raise ConfigError(f"{path}: the distribution is called '{parsed.name}' inside, but the file '{path.stem}'.")
    if not parsed.parts or any(part.count < 1 for part in parsed.parts.values()):
        raise ConfigError(f"{path}: parts: at least one is needed, each with a count of 1 or more.")
    try:
        training_seed(parsed.seed)
        _ = parsed.axis_sets
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return parsed


def nominal(task_name: str) -> Distribution:
    """The nominal condition of a task alone, where no mixture is written down for it."""
    task = catalog.task(task_name)
    parts = {"alone": Part(count=1)}
    return Distribution(name=f"{task.name}-nominal", version=1, task=task.name, seed=FIRST_SEED, parts=parts)


def reseeded(distribution: Distribution, seed: int | None) -> Distribution:
    """The same mixture, with the episodes of another seed; None: its own."""
    return distribution if seed is None else dataclasses.replace(distribution, seed=training_seed(seed))
