"""`vlagen list`: the available suites, tasks, axes, packs and policies."""

from collections.abc import Iterator
from pathlib import Path

from vlagen_bench.cli.common import INCOMPLETE, OK, console, say, split_names
from vlagen_bench.cli.inclusion import Include, include

KINDS = ("vision", "semantics", "execution", "dynamics")


def list_all(outside: Include = (), matrix: bool = False, tasks: str | None = None, write: Path | None = None) -> int:
    """Lists suites, tasks with their conditions, axes with their levels, asset packs and built-in policies.

    Args:
        outside: places of your own to be listed, too.
        matrix: prints instead which axis changes what in which task of ManiSkill, found by trying each; takes minutes.
        tasks: of the matrix, such as PickCube-v1,MyTask-v1; default: those that have a card.
        write: a Markdown file whose matrix is replaced by this one.
    """
    if matrix:
        include(outside)
        return _matrix(tasks, write)
    return _list(outside)


def _matrix(tasks: str | None, write: Path | None) -> int:
    """Tries every axis on every task, prints the table, and says where one is in vain."""
    from vlagen_bench.diagnostics import axis_matrix
    from vlagen_bench.harness.progress import tracked

    names = split_names(tasks) or axis_matrix.listed()
    rows = (list(axis_matrix.row(name)) for name in names)
    cells = [cell for row in tracked(rows, total=len(names), label="trying", console=console()) for cell in row]
    table = axis_matrix.markdown(cells)
    say(table)
    if write is not None:
        axis_matrix.write(table, write)
    vain = [cell for cell in cells if cell.effect == axis_matrix.NOTHING]
    for cell in vain:
        say(f"{cell.axis} changes nothing in {cell.task}. {cell.why}")
    return INCOMPLETE if vain else OK


def _list(outside: Include) -> int:
    """The tables of everything that there is."""
    from rich.box import SIMPLE_HEAD

    from vlagen_bench.axes import AXES
    from vlagen_bench.envs.registration import env_id
    from vlagen_bench.packs import manifest
    from vlagen_bench.plan import catalog, conditions, native_tasks, rotation
    from vlagen_bench.policies.base import BUILT_IN
    from vlagen_bench.policies.shipped import playable
    from vlagen_bench.tasks import FAMILIES, offer_of
    from vlagen_bench.utils.tables import NumberTable

    include(outside)
    out, every = console(), [catalog.task(name) for name in catalog.task_names()]
    suites = NumberTable("Suites").text("suite").numbers("version").text("task")
    suites.numbers("conditions", "episodes each", "all").text("about")
    for name in catalog.suite_names():
        suite = catalog.suite(name)
        each = rotation.each(suite)
        cells = (name, suite.version, suite.task, len(suite.conditions), each, rotation.played(suite), suite.about)
        suites.add_row(*map(str, cells))
    tasks = NumberTable("Tasks").text("task", "family", "scene", "conditions")
    for task in every:
        generated = conditions.names(offer_of(task)) if task.variants else ()
        own = [name for name in task.condition_names() if name not in generated]
        more = f"; and {len(generated)} of the axes below" if generated else ""
        tasks.add_row(task.ref, task.family, task.scene, ", ".join(own) + more)
    example = catalog.task("tabletop_put_on")
    tasks.caption = (
        f"Gymnasium ids: VLAGen/<Task>-<Condition>-v<N>, such as {env_id(example.name, 'mass_l3', example.version)}. "
        f"Conditions of an axis: <axis>_l<level>, <axis>_<setting>; together: a+b. "
        f"Families: {'; '.join(f'{one.name}, {one.about}' for one in FAMILIES)}."
    )
    axes = NumberTable("Axes").text("axis", "stage", "levels 1-5, settings", "unit", "needs", "what")
    axes.box, axes.padding = SIMPLE_HEAD, (0, 1, 0, 0)
    for kind in KINDS:
        axes.add_row(kind, style="bold")
        for axis in (axis for axis in AXES if axis.kind == kind):
            sizes = ", ".join([*(f"{size:g}" for size in axis.levels), *axis.settings])
            roles = (f"the role {role}" for role in axis.requires_roles if role != "source")
            needs = ", ".join((*roles, *axis.requires_capabilities)) or "-"
            what = axis.summary()
            axes.add_row(axis.name, axis.stage, sizes, axis.unit or "-", needs, what)
        axes.add_section()
    for table in (suites, tasks):
        out.print(table)
    for task in filter(lambda task: task.changes, every):
        out.print(f"What {task.ref} does otherwise than the task that it was made from:")
        for change in task.changes:
            out.print(f"* {change}")
        out.print()
    out.print(axes)
    listed = ", ".join(native_tasks.card_files())
    out.print(f"Tasks of ManiSkill that have a card: {listed}. Any other is named by its id, too.", soft_wrap=True)
    out.print(f"Asset packs: {', '.join(manifest.names())}. Built-in policies: {', '.join(playable(BUILT_IN))}.")
    for line in _from_outside():
        out.print(line, soft_wrap=True)
    return OK


def _from_outside() -> Iterator[str]:
    """A line for each place from outside, with the names that it gives."""
    from vlagen_bench.axes import AXES
    from vlagen_bench.tasks import FAMILIES
    from vlagen_bench.utils import plugins
    from vlagen_bench.utils.locations import KINDS

    for location in plugins.locations():
        given = [f"{kind} {name}" for kind in KINDS for name in location.files(kind)]
        given += [f"axis {axis.name}" for axis in AXES if plugins.location_of_code(axis) == location]
        given += [f"family {family.name}" for family in FAMILIES if plugins.location_of_code(family) == location]
        yield f"From {location.origin}: {', '.join(given) or 'no names, only modules'}."
