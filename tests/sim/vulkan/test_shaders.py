"""Are the pictures those of SAPIEN's own shaders, and are shaders that are not known refused?"""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sapien

from vlagen_bench.errors import RenderError
from vlagen_bench.plan import catalog, plan
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.sim.vulkan import shaders

TASK = catalog.task("tabletop_put_on")
MOVING = np.array([0.03, 0.03, -0.03, 0, 0, 0.2, -1], dtype=np.float32)
THEIRS = """
import sys, numpy as np, test_shaders
from pathlib import Path
from vlagen_bench.sim.vulkan import shaders
shaders.folder = lambda: shaders.SOURCE / shaders.FOLDER
np.save(sys.argv[1], test_shaders.pictures())
"""


def pictures():
    """Of an arm that moves among shadows, in three kinds of light."""
    sim = Simulator.of(TASK)
    found = []
    for condition in ("nominal", "lighting_l5", "clutter_l3"):
        sim.reset(plan.sample(TASK, condition, index=0, seed=0)[0])
        found.append(sim.observe()["image"])
        for _ in range(5):
            sim.advance(MOVING)
            found.append(sim.observe()["image"])
    return np.stack(found)


@pytest.mark.sim
def test_pictures_are_those_of_their_shaders(tmp_path):
    path = tmp_path / "theirs.npy"
    subprocess.run([sys.executable, "-c", THEIRS, path], check=True, cwd=str(Path(__file__).parent))
    assert np.array_equal(pictures(), np.load(path))


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("minimal/gbuffer.frag", ("samplerEnvironment, N, 5", "samplerEnvironment, f(N), 5")),
        ("minimal/composite0.frag", ("samplerBRDFLUT", "table")),
        ("common/shadow.glsl", ("PCF_SampleCount", "25")),
    ],
)
def test_shaders_that_are_not_known_are_refused(tmp_path, monkeypatch, name, edit):
    shutil.copytree(shaders.SOURCE, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_text((tmp_path / name).read_text().replace(*edit))
    monkeypatch.setattr(shaders, "SOURCE", tmp_path)
    with pytest.raises(
        RenderError, match=rf"{sapien.__version__} has another shader {name} .*pip install sapien==3.0.3"
    ):
        shaders.folder.__wrapped__()
