"""An axis needs one file and no other edit: the one of docs/add_an_axis.md is added to a copy, and used."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from helpers.curves import TASKS
from helpers.places import DOCS, PACKAGE, TESTS, TOP

PAGE = DOCS / "add_an_axis.md"
CONTRACT = ("axes/test_contract.py", "axes/test_contract_in_the_scene.py")

USE = """
import gymnasium, numpy as np, vlagen_bench
from vlagen_bench.plan import catalog, plan
from vlagen_bench.sim.simulator import Simulator

env = gymnasium.make("VLAGen/TabletopPutOn-DuskL3-v1")
obs, info = env.reset(seed=0)
task, means = catalog.task("tabletop_put_on"), []
sim = Simulator.of(task)
for level in range(1, 6):
    episode, twin = plan.sample(task, f"dusk_l{level}", index=0, seed=0)
    sim.reset(episode)
    means.append(sim.observe()["image"].mean())
sim.reset(twin)
print(all(np.diff([sim.observe()["image"].mean(), *means]) < 0), "dusk" in info["scenario"]["values"])
"""


@pytest.mark.sim
def test_the_page_adds_one_in_less_than_forty_lines(tmp_path):
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL).group(1)
    assert len(code.splitlines()) < 40
    copy = tmp_path / "vlagen_bench"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for data in ("tasks", "assets", "leaderboards"):
        (tmp_path / data).symlink_to(TOP / data)
    (copy / "axes" / "dusk.py").write_text(code)

    def python(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

    done = python("-c", USE)
    assert done.stdout.strip().endswith("True True"), done.stderr[-2000:]
    listed = python("-c", "from vlagen_bench.cli.main import main; main()", "list")
    assert "dusk" in listed.stdout, listed.stderr[-2000:]
    # The tests that the page tells its reader to run.
    for name in CONTRACT:
        assert f"tests/{name}" in PAGE.read_text()
    shutil.copytree(TESTS, tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "pyproject.toml", tmp_path)
    tested = python("-m", "pytest", "-q", "-x", "-k", "dusk", *(f"tests/{name}" for name in CONTRACT))
    assert tested.returncode == 0, tested.stdout[-3000:]
    assert " passed" in tested.stdout


def test_the_page_measures_the_curves_that_are_asked_for():
    for task in TASKS:
        assert f"vlagen calibrate --axis dusk --task {task} --docs" in PAGE.read_text()
