"""The pictures are those of SAPIEN's own shaders, but for shadows; shaders that are not known are refused."""

import dataclasses
import shutil
import subprocess
import sys

import numpy as np
import pytest
import sapien

from helpers.places import TESTS
from helpers.simulated import TASK, episode, pictures
from vlagen_bench.errors import RenderError
from vlagen_bench.scenes.verbs import Light
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.sim.vulkan import shaders

THEIRS = """
import sys, numpy as np
from helpers import simulated
from pathlib import Path
from vlagen_bench.sim.vulkan import shaders
shaders.folder = lambda pack: shaders.SOURCE / pack
np.save(sys.argv[1], simulated.pictures(shadows=False))
"""


@pytest.mark.sim
def test_pictures_without_shadows_are_those_of_their_shaders(tmp_path):
    path = tmp_path / "theirs.npy"
    subprocess.run([sys.executable, "-c", THEIRS, path], check=True, cwd=str(TESTS))
    assert np.array_equal(pictures(shadows=False), np.load(path))


def lit_share(penumbra_m):
    """How much of the light that casts a shadow reaches each pixel of the table (H, W)."""
    sim = Simulator.of(TASK)
    sim.reset(episode("nominal"))
    sun = Light(direction=(-0.45, 0.55, -1.0), colour=(2.0, 2.0, 2.0), shadow=True, penumbra_m=penumbra_m)
    seen = []
    for light in (sun, dataclasses.replace(sun, shadow=False)):
        sim.scene.set_lights((0.0, 0.0, 0.0), (light,))
        seen.append(sim.observe()["image"].astype(float) + 1)
    shares = (seen[0] / seen[1]).mean(axis=2)
    shares[sim.world.camera.get_picture("PositionSegmentation")[..., 3] != sim.world._table.per_scene_id] = np.nan
    return shares


@pytest.mark.sim
def test_a_wide_penumbra_is_a_soft_rim():
    hard, soft = lit_share(0.004), lit_share(0.06)
    for share in (hard, soft):
        assert np.nanmin(share) < 0.2 and np.nanmedian(share) == 1, "the arm's shadow, and table that has none"
    steepest = [np.nanmax(np.abs(np.diff(share, axis=1))) for share in (hard, soft)]
    assert steepest[0] > 0.6 and steepest[1] < 0.25
    between = [np.mean((share > 0.1) & (share < 0.9)) for share in (hard, soft)]
    assert between[1] > 3 * between[0]


@pytest.mark.sim
def test_what_is_beyond_a_shadows_map_is_lit():
    sim = Simulator.of(TASK)
    sim.reset(episode("nominal"))
    light = Light(direction=(-0.45, 0.55, -1.0), colour=(2.0, 2.0, 2.0), shadow=True)
    seen = []
    for one in (light, dataclasses.replace(light, shadow=False)):
        sim.scene.set_lights((0.1, 0.1, 0.1), (one,))
        seen.append(sim.observe()["image"])
    room = next(entity for entity in sim.world.scene.entities if entity.name == "room")
    wall = sim.world.camera.get_picture("PositionSegmentation")[..., 3] == room.per_scene_id
    assert wall.sum() > 5000 and np.array_equal(seen[0][wall], seen[1][wall])


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
