"""Do imports go down only, and does only sim/ know the simulator? This test is the architecture."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import vlagen_bench

PACKAGE = Path(vlagen_bench.__file__).parent

# A module may import from lower rows, and from its own package.
LAYERS = (
    ("errors",),
    ("registry", "seeding", "strict", "paths", "nouns", "scene", "remedies", "averages", "statistics"),
    ("packs", "specs"),
    ("projection",),
    ("download",),
    ("axes", "install", "household"),
    ("variants",),
    ("catalog",),
    ("plan", "ids", "entries"),
    ("sim", "stats", "interaction", "recordings", "sheet", "validation"),
    ("expert", "severity", "curves"),
    ("policies",),
    ("record", "env", "doctor", "table", "harness"),
    ("takes",),
    ("run", "tally", "header", "report", "replay", "served", "batched_env"),
    ("logs", "stopping", "repeats", "bench_eval", "soak", "scale"),
    ("vector", "progress", "video", "bench", "certify", "beside", "gallery", "lab", "serve", "leaderboard"),
    ("calibrate", "axis_pages"),
    ("finished",),
    ("pages",),
    ("compare", "site"),
    ("compare_tables", "refilm"),
    ("compare_page",),
    ("cli",),
)
ROW = {name: row for row, names in enumerate(LAYERS) for name in names}
SIMULATOR = {"sapien", "mani_skill", "torch"}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path):
    own = top(path)
    assert own in ROW, f"{own} has no place in LAYERS: give it one"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "vlagen_bench" or len(parts) < 2 or parts[1] not in ROW or parts[1] == own:
            continue
        assert ROW[parts[1]] < ROW[own], f"{path.name} imports {name}, which is not below it"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_sim_knows_the_simulator(path):
    roots = {name.split(".")[0] for name in imports(path)}
    if top(path) != "sim":
        assert not roots & SIMULATOR


@pytest.mark.parametrize(
    "code", ["import vlagen_bench", "import vlagen_bench.cli.eval", "import vlagen_bench.plan, vlagen_bench.stats"]
)
def test_planning_loads_no_simulator(code):
    check = f"{code}; import sys; print([m for m in ('sapien', 'mani_skill', 'torch', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_answers(path):
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert doc, f"{path} needs a first line that says which question it answers"
