"""Imports go down only, without a circle; only `sim/` knows the simulator; no module lies flat; no file is long."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from helpers.places import PACKAGE, TESTS, TOP

# A module imports from its own package and from lower rows. Packages of one row do not know each other.
# `tasks` is below `plan`, since planning asks a family for its roles and wording. It judges through protocols, so that the
# simulator, which is above it, is handed its judge and is never imported.
ROWS = (
    ("types", "errors"),
    ("scenes", "statistics", "utils", "data"),
    ("packs",),
    ("axes",),
    ("tasks",),
    ("plan",),
    ("sim", "runs"),
    ("policies",),
    ("harness", "envs"),
    ("report", "diagnostics"),
    ("leaderboard", "calibration"),
    ("cli",),
)
ROW = {name: row for row, names in enumerate(ROWS) for name in names}
FLAT = {"__init__", "types", "errors"}
SIMULATOR = {"sapien", "mani_skill", "torch"}
LONGEST = 300


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def label(path: Path) -> str:
    return str(path.relative_to(TOP))


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def points_up(own: str, imported: str) -> bool:
    """Whether an import of `vlagen_bench.<...>` leaves the package `own` for a row that is not below it."""
    parts = imported.split(".")
    if parts[0] != "vlagen_bench" or len(parts) < 2 or parts[1] not in ROW or parts[1] == own:
        return False
    return ROW[parts[1]] >= ROW[own]


def test_the_rows_find_an_import_that_points_up():
    assert points_up("plan", "vlagen_bench.sim.simulator")
    assert points_up("sim", "vlagen_bench.runs.folder")
    assert not points_up("plan", "vlagen_bench.axes.base")
    assert not points_up("plan", "vlagen_bench.plan.catalog")


@pytest.mark.parametrize("path", modules(), ids=label)
def test_imports_go_down(path):
    own = package_of(path)
    assert own in ROW, f"{own} has no place in ROWS: give it one"
    assert not [name for name in imports(path) if points_up(own, name)]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(TOP).with_suffix("").parts).removesuffix(".__init__")


def executed_at_import(body: list[ast.stmt]) -> list[ast.ImportFrom | ast.Import]:
    """The imports that run when a module is loaded: not those inside functions or for type checkers alone."""
    statements: list[ast.ImportFrom | ast.Import] = []
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            statements.append(node)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            statements += executed_at_import(node.body + node.orelse)
        elif isinstance(node, ast.Try):
            statements += executed_at_import(node.body)
    return statements


def test_no_modules_import_each_other_in_a_circle():
    known = {module_name(path): path for path in modules()}
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        wanted: set[str] = set()
        for node in executed_at_import(ast.parse(path.read_text(encoding="utf-8")).body):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            else:
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                wanted |= members & known.keys() or {node.module or ""}
        graph[name] = (wanted & known.keys()) - {name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_module_lies_flat():
    flat = {path.stem for path in PACKAGE.glob("*.py")}
    assert flat == FLAT, "a module belongs into a package: see ROWS"


@pytest.mark.parametrize("path", modules() + sorted(TESTS.rglob("*.py")), ids=label)
def test_no_file_is_long(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{path} has {lines} lines: split it"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_only_sim_knows_the_simulator(path):
    roots = {name.split(".")[0] for name in imports(path)}
    if package_of(path) != "sim":
        assert not roots & SIMULATOR


@pytest.mark.parametrize("path", sorted(TESTS.rglob("*.py")), ids=label)
def test_no_test_imports_another_test(path):
    assert not [name for name in imports(path) if name.split(".")[-1].startswith("test_")]


@pytest.mark.parametrize(
    "code",
    ["import vlagen_bench", "import vlagen_bench.cli.eval", "import vlagen_bench.plan.plan, vlagen_bench.report.rows"],
)
def test_planning_loads_no_simulator(code):
    check = f"{code}; import sys; print([m for m in ('sapien', 'mani_skill', 'torch', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", modules(), ids=label)
def test_every_module_states_what_it_holds(path):
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert doc, f"{path} needs a first line that states what it holds"
    first = doc.splitlines()[0]
    assert "?" not in first, f"{path}: the first line is a statement, not a question: {first}"
    assert first.endswith((".", ":")), f"{path}: the first line is a sentence: {first}"
