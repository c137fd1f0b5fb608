"""Imports go down only, without a circle; only `sim/` knows the simulator; no module lies flat; no file is long."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import groupby
from pathlib import Path

import pytest

from helpers.named_modules import BY_NAME, LOADING
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
    ("demonstrations",),
    ("leaderboard", "calibration", "train"),
    ("cli",),
)
ROW = {name: row for row, names in enumerate(ROWS) for name in names}
FRONT_DOOR: dict[str, dict[str, str]] = {
    "vlagen_bench/cli/common.py": {"__version__": "it is nowhere else, and no row has it"},
}
"""module -> the public names that it takes from `vlagen_bench` itself, each with the reason"""
IMPORTERS = {"import_module", "__import__", "exec_module", "resolve_name", "run_module", "run_path"}
NAMED = re.compile(r"vlagen_bench\.(?:(\w+)(?:\.\w+)*)?(?::\w+)?")
FLAT = {"__init__", "types", "errors"}
SIMULATOR = {"sapien", "mani_skill", "torch"}
LEARNERS = ("policies/adapters", "policies/compact", "train")
"""packages whose modules may import PyTorch, which is not the simulator's alone: they hold a network, train it, or load one"""
LONGEST = 300


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def packages() -> list[list[Path]]:
    """The modules by package: a test goes through one, since a test for each module would take longer than what it tests."""
    return [list(group) for _, group in groupby(modules(), key=package_of)]


def package_label(paths: list[Path]) -> str:
    return package_of(paths[0])


def every_file() -> list[Path]:
    return modules() + sorted(TESTS.rglob("*.py"))


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


@pytest.mark.parametrize("paths", packages(), ids=package_label)
def test_imports_go_down(paths):
    for path in paths:
        own = package_of(path)
        assert own in ROW, f"{own} has no place in ROWS: give it one"
        assert not [name for name in imports(path) if points_up(own, name)], path


def public_names_taken(path: Path) -> set[str]:
    """What a module imports from the package's front door, which hides the row that a name is of."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name == "vlagen_bench"}
        elif isinstance(node, ast.ImportFrom) and node.module == "vlagen_bench":
            names |= {alias.name for alias in node.names} - ROW.keys()
    return names


def docstrings(tree: ast.AST) -> set[int]:
    """The nodes that are text for readers: expressions that are a string."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def modules_named(path: Path) -> set[str]:
    """The strings that name a module of this package, or a part of one; f-strings that begin so end in a dot."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    apart = docstrings(tree)
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart
    ]
    named = [(text, NAMED.fullmatch(text)) for text in texts]
    return {text for text, match in named if match and (not match[1] or match[1] in ROW)}


def loads_by_name(path: Path) -> bool:
    """Whether a module imports what a string names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = {getattr(node, key, None) for node in ast.walk(tree) for key in ("id", "attr", "name")}
    return bool(nodes & IMPORTERS)


@pytest.mark.parametrize("paths", packages(), ids=package_label)
def test_no_module_uses_the_front_door(paths):
    for path in paths:
        assert public_names_taken(path) <= FRONT_DOOR.get(label(path), {}).keys(), path


@pytest.mark.parametrize("paths", packages(), ids=package_label)
def test_modules_named_by_a_string_stand_in_the_table(paths):
    for path in paths:
        names, _ = BY_NAME.get(label(path), ((), ""))
        assert modules_named(path) == set(names), path


@pytest.mark.parametrize("paths", packages(), ids=package_label)
def test_modules_that_import_by_a_string_stand_in_the_table(paths):
    for path in paths:
        assert loads_by_name(path) == (label(path) in LOADING), path


def test_the_tables_name_modules_that_exist():
    assert {*FRONT_DOOR, *BY_NAME, *LOADING} <= set(map(label, modules()))


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from vlagen_bench import evaluate", (True, set(), False)),
        ("import vlagen_bench", (True, set(), False)),
        ("from vlagen_bench import axes", (False, set(), False)),
        ("name = 'vlagen_bench.cli.eval:main'", (False, {"vlagen_bench.cli.eval:main"}, False)),
        ("name = f'vlagen_bench.{what}'", (False, {"vlagen_bench."}, False)),
        ("from importlib import import_module as load", (False, set(), True)),
        ("importlib.import_module(name)", (False, set(), True)),
        ('"As vlagen_bench.cli"', (False, set(), False)),
    ],
)
def test_ways_around_the_rows_are_found(tmp_path, code, found):
    file = tmp_path / "own.py"
    file.write_text(code)
    assert (bool(public_names_taken(file)), modules_named(file), loads_by_name(file)) == found


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(TOP).with_suffix("").parts).removesuffix(".__init__")


def executed_at_import(node: ast.AST) -> Iterator[ast.ImportFrom | ast.Import]:
    """The imports that run when a module is loaded: not those inside functions or for type checkers alone."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    elif isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
        for child in node.orelse:
            yield from executed_at_import(child)
    elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from executed_at_import(child)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("try:\n    pass\nexcept OSError:\n    import one\nelse:\n    import two\nfinally:\n    import three", 3),
        ("with open('x'):\n    import one\nclass Two:\n    import two\nfor three in ():\n    import three", 3),
        ("if TYPE_CHECKING:\n    import one\nelse:\n    import two", 1),
        ("if not TYPE_CHECKING:\n    import one", 1),
        ("def one():\n    import one", 0),
    ],
)
def test_an_import_is_found_wherever_a_module_runs_it(code, found):
    assert len(list(executed_at_import(ast.parse(code)))) == found


def test_no_modules_import_each_other_in_a_circle():
    known = {module_name(path): path for path in modules()}
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        wanted: set[str] = set()
        for node in executed_at_import(ast.parse(path.read_text(encoding="utf-8"))):
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


def test_no_file_is_long():
    sizes = {label(path): len(path.read_text(encoding="utf-8").splitlines()) for path in every_file()}
    assert {name: lines for name, lines in sizes.items() if lines > LONGEST} == {}, "split them"


@pytest.mark.parametrize("paths", packages(), ids=package_label)
def test_only_sim_knows_the_simulator(paths):
    for path in paths:
        roots = {name.split(".")[0] for name in imports(path)}
        is_learner = any(path.is_relative_to(PACKAGE / name) for name in LEARNERS)
        if package_of(path) != "sim":
            assert not roots & (SIMULATOR - {"torch"} if is_learner else SIMULATOR), path


def test_no_test_imports_another_test():
    taken = {(label(path), name) for path in TESTS.rglob("*.py") for name in imports(path)}
    assert [(path, name) for path, name in taken if name.split(".")[-1].startswith("test_")] == []


@pytest.mark.parametrize(
    "code",
    ["import vlagen_bench", "import vlagen_bench.cli.eval", "import vlagen_bench.plan.plan, vlagen_bench.report.rows"],
)
def test_planning_loads_no_simulator(code):
    check = f"{code}; import sys; print([m for m in ('sapien', 'mani_skill', 'torch', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("paths", packages(), ids=package_label)
def test_every_module_states_what_it_holds(paths):
    for path in paths:
        doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert doc, f"{path} needs a first line that states what it holds"
        first = doc.splitlines()[0]
        assert "?" not in first, f"{path}: the first line is a statement, not a question: {first}"
        assert first.endswith((".", ":")), f"{path}: the first line is a sentence: {first}"
