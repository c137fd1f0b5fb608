"""Stand-ins show in doctor, in a run's header, and on the screen."""

import io

import pytest
from rich.console import Console

from helpers.fake_pack import MESH, STAND_IN, bring, manifest, ship
from vlagen_bench.diagnostics import doctor
from vlagen_bench.harness import header
from vlagen_bench.harness.chunks import Execution
from vlagen_bench.harness.display import ConsoleDisplay
from vlagen_bench.harness.evaluate import Begun, Evaluation
from vlagen_bench.harness.limits import Limits
from vlagen_bench.packs import manifest as packs
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import make_plan
from vlagen_bench.policies import base
from vlagen_bench.scenes import specs


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """The pack `tiny`, installed with a stand-in."""
    ship(tmp_path, monkeypatch, manifest())
    bring(tmp_path / "installed" / "tiny", mesh=STAND_IN)
    yield packs.load("tiny")
    packs.load.cache_clear()


def test_doctor_counts_them(pack):
    found = doctor._pack("tiny")
    assert found.ok and found.value == "2 files, of them 1 stand-ins for upstream files"
    screen = io.StringIO()
    Console(file=screen, width=120).print(doctor.table([found]))
    assert "1 stand-ins" in screen.getvalue()


def test_the_header_and_the_first_lines_of_a_run_name_them(tmp_path):
    scene, made, loaded = specs.scene("tabletop"), make_plan(catalog.suite("quick")), base.load("noop", {})
    made_header = header.make(
        made, loaded, scene, "a renderer", (MESH,), execution=Execution(), limits=Limits(), workers=None
    )
    assert made_header["pack"]["stand_ins"] == [MESH]
    screen = io.StringIO()
    evaluation = Evaluation(plan=made, path=tmp_path)
    ConsoleDisplay(Console(file=screen, width=300)).begins(
        Begun(evaluation=evaluation, loaded=loaded, done=0, stand_ins=(MESH,))
    )
    assert f"1 asset files are stand-ins for upstream's: {MESH}" in screen.getvalue()
