"""The pictures are those of SAPIEN's own shaders; shaders that are not known are refused."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import sapien

from helpers.places import TESTS
from helpers.simulated import pictures
from vlagen_bench.errors import RenderError
from vlagen_bench.sim.vulkan import shaders

THEIRS = """
import sys, numpy as np
from helpers import simulated
from pathlib import Path
from vlagen_bench.sim.vulkan import shaders
shaders.folder = lambda pack: shaders.SOURCE / pack
np.save(sys.argv[1], simulated.pictures())
"""


@pytest.mark.sim
def test_pictures_are_those_of_their_shaders(tmp_path):
    path = tmp_path / "theirs.npy"
    subprocess.run([sys.executable, "-c", THEIRS, path], check=True, cwd=str(TESTS))
    assert np.array_equal(pictures(), np.load(path))


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("minimal/gbuffer.frag", ("samplerEnvironment, N, 5", "samplerEnvironment, f(N), 5")),
        ("minimal/composite0.frag", ("samplerBRDFLUT", "table")),
        ("common/shadow.glsl", ("PCF_SampleCount", "25")),
        ("default/deferred.frag", ("float depth =", "highp float depth =")),
        ("default/composite0.frag", ("outPosition", "outPlace")),
    ],
)
def test_shaders_that_are_not_known_are_refused(tmp_path, monkeypatch, name, edit):
    shutil.copytree(shaders.SOURCE, tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_text((tmp_path / name).read_text().replace(*edit))
    monkeypatch.setattr(shaders, "SOURCE", tmp_path)
    with pytest.raises(
        RenderError, match=rf"{sapien.__version__} has another shader {name} .*pip install .*sapien==3.0.3"
    ):
        shaders.folder.__wrapped__(name.split("/")[0].replace("common", "minimal"))
