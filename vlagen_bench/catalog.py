"""Which tasks and suites are there? Reads the YAML files of `tasks/`, strictly."""

from functools import cache
from pathlib import Path

from vlagen_bench import axes, packs, paths, specs
from vlagen_bench.errors import ConfigError, unknown
from vlagen_bench.nouns import Condition, Suite, Task
from vlagen_bench.strict import build, load_yaml


def task_names() -> tuple[str, ...]:
    """All tasks, by file name."""
    return tuple(sorted(path.stem for path in paths.tasks_dir().glob("*.yaml")))


def suite_names() -> tuple[str, ...]:
    """All suites, by file name."""
    return tuple(sorted(path.stem for path in (paths.tasks_dir() / "suites").glob("*.yaml")))


@cache
def task(name: str) -> Task:
    """The task called `name`, checked to the last axis parameter.

    Raises:
        ConfigError: no such task, or its file says something that is not allowed.
    """
    if name not in task_names():
        raise ConfigError(unknown("task", name, task_names()))
    return read_task(paths.tasks_dir() / f"{name}.yaml")


def read_task(path: Path) -> Task:
    """The task in a file; raises `ConfigError` that says what is wrong with it and where."""
    found = build(Task, load_yaml(path), str(path))
    if found.name != path.stem:
        raise ConfigError(f"{path}: the task is called '{found.name}' inside, but the file is called '{path.stem}'.")
    packs.load(specs.scene(found.scene).pack)
    for name in found.condition_names():
        where = f"{path}: conditions: {name}"
        condition = found.condition(name)
        members = {n: axes.make(n, p, where) for n, p in axis_set(found, condition).items()}
        axes.ordered(members)
        for digit in condition.digits or found.digits:
            if digit not in members:
                raise ConfigError(f"{where}: digits: {unknown('axis of this condition', digit, members)}")
    if found.nominal_name in found.conditions:
        raise ConfigError(
            f"{path}: '{found.nominal_name}' is the nominal condition; rename the one under `conditions`."
        )
    return found


def axis_set(found: Task, condition: Condition, *, clean: bool = False) -> dict[str, dict]:
    """Axis name -> parameters of a condition, or of its clean twin."""
    return {**found.nominal, **condition.shared, **({} if clean else condition.perturb)}


def group_of(found: Task, name: str) -> str:
    """The row group of a condition: `nominal`, what its file says, or the kind of its first perturbed axis."""
    condition = found.condition(name)
    if condition is None or not condition.perturb:
        return "nominal"
    return condition.group or axes.AXES.get(next(iter(condition.perturb))).kind


@cache
def suite(name: str) -> Suite:
    """The suite called `name`; raises `ConfigError` if there is none or it names unknown conditions."""
    if name not in suite_names():
        raise ConfigError(unknown("suite", name, suite_names()))
    return read_suite(paths.tasks_dir() / "suites" / f"{name}.yaml")


def read_suite(path: Path) -> Suite:
    """The suite in a file, checked against its task."""
    found = build(Suite, load_yaml(path), str(path))
    if found.name != path.stem:
        raise ConfigError(f"{path}: the suite is called '{found.name}' inside, but the file is called '{path.stem}'.")
    check_conditions(found.task, found.conditions, f"{path}: conditions")
    return found


def check_conditions(task_name: str, names: tuple[str, ...], where: str) -> None:
    """Raises `ConfigError` for the first name that the task does not have."""
    known = task(task_name).condition_names()
    for name in names:
        if name not in known:
            raise ConfigError(f"{where}: {unknown(f'condition of {task_name}', name, known)}")


@cache
def official_ids(suite_name: str) -> dict[str, list[int]]:
    """Condition -> published official episode ids of a suite; raises `ConfigError` if its file is missing or wrong."""
    path = paths.tasks_dir() / "suites" / "ids" / f"{suite_name}.json"
    return build(dict[str, list[int]], load_yaml(path), str(path))
