"""Light has the colour of a lamp or of the sky, stage light has that of a filter, and both fall on all that is seen."""

import numpy as np
import pytest

from vlagen_bench import axes
from vlagen_bench.axes import Draft
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog, plan
from vlagen_bench.scenes import lamps, specs
from vlagen_bench.scenes.verbs import Light
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.utils.seeding import stream


@pytest.mark.parametrize("scene", [specs.BRIDGE, specs.TABLETOP], ids=lambda scene: scene.name)
def test_lights_turn_from_the_scenes_own_into_the_environments(scene):
    draft = Draft(scene=scene, pack=manifest.load("household"), values={})
    for number in range(20):
        values = {
            s: axes.make("lighting", {"strength": s}, "test").sample(stream(number), draft) for s in (0.0, 0.5, 1.0)
        }
        there = manifest.load("household").find("lightings", values[1.0]["environment"])
        assert there.split == "test"
        assert values[0.0]["ambient"] == list(scene.ambient) and values[1.0]["ambient"] == list(there.sky.colour)
        assert [light["direction"] for light in values[1.0]["lights"]] == [list(lamp.direction) for lamp in there.lamps]
        assert [light["penumbra_m"] for light in values[1.0]["lights"]] == [lamp.penumbra_m for lamp in there.lamps]
        assert max(len(value["lights"]) for value in values.values()) <= 3  # more than the shader draws


@pytest.mark.parametrize("scene", [specs.BRIDGE, specs.TABLETOP], ids=lambda scene: scene.name)
def test_no_lighting_is_a_colour_filter_nor_leaves_the_table_dark(scene):
    """Light on the table is that of a black body from 2,700 to 8,000 K, and a quarter to twice the scene's own."""
    own = np.array(lamps.irradiance(scene.ambient, scene.lights))
    warmest, coldest = lamps.colour_of(lamps.WARMEST_K), lamps.colour_of(lamps.COLDEST_K)
    for lighting in manifest.load("household").lightings:
        red, green, blue = lamps.irradiance(lighting.sky.colour, [lamp.light() for lamp in lighting.lamps])
        assert 0.2 < np.dot(lamps.LUMINANCE, (red, green, blue)) / np.dot(lamps.LUMINANCE, own) < 1.6, lighting.id
        assert coldest[0] / coldest[2] <= red / blue <= warmest[0] / warmest[2], lighting.id
        assert min(red, blue) <= green <= max(red, blue) * 1.01, lighting.id


@pytest.mark.parametrize("scene", [specs.BRIDGE, specs.TABLETOP], ids=lambda scene: scene.name)
def test_stage_light_is_coloured_and_no_channel_of_it_is_dark(scene):
    draft = Draft(scene=scene, pack=manifest.load("household"), values={})
    rigs = set()
    for number in range(40):
        value = axes.make("coloured_light", {"strength": 1.0}, "test").sample(stream(number), draft)
        rigs.add(value["rig"])
        assert len(value["lights"]) <= 3 and [light["shadow"] for light in value["lights"]].count(True) == 1
        for light in value["lights"]:
            assert 0 < min(light["colour"]) <= 0.11 * max(light["colour"])
        assert min(value["ambient"]) >= 0.05
    assert len(rigs) == 3


def test_light_and_stage_light_are_refused_together():
    with pytest.raises(ConfigError, match="light"):
        catalog.condition(catalog.task("tabletop_put_on"), "coloured_light_l3+lighting_l3")


@pytest.mark.sim
@pytest.mark.bridge
def test_light_falls_on_the_photo_as_on_the_things_before_it():
    task = catalog.task("bridge_put_on")
    sim = Simulator.of(task)
    sim.reset(plan.sample(task, task.nominal_name, index=0, seed=0)[0])
    clean, spec = sim.observe()["image"].astype(float), sim.spec
    half = [Light(direction=one.direction, colour=tuple(part / 2 for part in one.colour)) for one in spec.lights]
    sim.scene.set_lights(tuple(part / 2 for part in spec.ambient), tuple(half))
    dimmed = sim.observe()["image"].astype(float)
    wanted = clean * 0.5 ** (1 / 2.2)
    unclipped = clean.max(axis=2) < 250
    assert np.abs(dimmed - wanted)[unclipped].mean() < 1.0 and np.abs(dimmed - wanted)[unclipped].max() < 8
    sim.scene.set_lights(spec.ambient, spec.lights)
    assert np.array_equal(sim.observe()["image"], clean)
