"""Runs of policies that see several cameras, or pictures of another size: what they see, what is recorded, what is refused."""

import json
import shlex

import numpy as np
import pytest

import vlagen_bench
from helpers.commands import call
from helpers.evaluated import fake_world  # noqa: F401 - a fixture
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.leaderboard import claims
from vlagen_bench.plan import catalog
from vlagen_bench.report.report import protocol_of
from vlagen_bench.runs import commands, episodes

ONE = {"conditions": ["nominal"], "episodes": 1, "video": "none"}
SEEN = {"front": (64, 64, 3), "wrist": (32, 48, 3)}
POLICY = """
import numpy as np
class Policy:
    spec = {"cameras": ["wrist"], "image_size": "front=64,wrist=48x32"}
    def act(self, obs, instr):
        shapes = {name: picture.shape for name, picture in obs["images"].items()}
        assert shapes == {"front": (64, 64, 3), "wrist": (32, 48, 3)}, shapes
        assert (obs["image"] == obs["images"]["front"]).all() and obs["images"]["wrist"].std() > 5
        return np.tile(np.array([0, 0, 0, 0, 0, 0, 1], np.float32), (80, 1))
"""


class Sees:
    """Asserts what it is shown, and stands still."""

    def __init__(self, **shapes):
        self._shapes = shapes

    def act(self, obs, instr):
        assert {name: picture.shape for name, picture in obs["images"].items()} == self._shapes
        return np.tile(np.array([0, 0, 0, 0, 0, 0, 1], np.float32), (80, 1))


@pytest.mark.sim
@pytest.mark.slow
@pytest.mark.parametrize("how", [{}, {"workers": 2}, {"isolate": True}])
def test_a_policy_sees_what_its_spec_names_wherever_it_lives(tmp_path, how):
    (tmp_path / "mine.py").write_text(POLICY)
    run = vlagen_bench.evaluate(f"{tmp_path / 'mine.py'}:Policy", **{**ONE, "episodes": 2}, out=tmp_path / "run", **how)
    assert run.complete
    header = episodes.header(tmp_path / "run")
    assert header.cameras == {"front": (64, 64), "wrist": (48, 32)} and header.robot_spec["image_px"] == [64, 64]


@pytest.mark.sim
def test_the_caller_names_cameras_and_sizes_and_films_show_all(tmp_path):
    asked = {"cameras": ("wrist",), "image_size": {"front": 64, "wrist": (48, 32)}}
    run = vlagen_bench.evaluate(Sees(**SEEN), **{**ONE, "video": "all"}, out=tmp_path / "run", **asked)
    assert run.complete and len(list((tmp_path / "run" / "videos").glob("*.mp4"))) == 1
    replayed = call("vlagen", "replay", "run", "--video", "--out", "films", cwd=tmp_path)
    assert replayed.returncode == 0, replayed.stderr
    (made,), (again,) = ((tmp_path / name).glob("*.mp4") for name in ("run/videos", "films"))
    assert made.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("cameras", ["side", ("front", "side")])
def test_an_unknown_camera_is_refused_before_the_policy_is_made(fake_world, cameras):  # noqa: F811
    class Never:
        def __init__(self):
            raise AssertionError("it was made")

    with pytest.raises(ConfigError, match=r"The scene tabletop has no camera .side.\. There are: front, wrist"):
        vlagen_bench.evaluate(Never, cameras=cameras)


class Still:
    def act(self, obs, instr):
        return [0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    "other",
    [{}, {"cameras": "wrist"}, {"cameras": ("wrist",), "image_size": "front=224,wrist=64"}, {"image_size": 128}],
)
def test_other_pictures_are_another_run(fake_world, other):  # noqa: F811
    first = {"cameras": ("front", "wrist"), "image_size": 224}
    vlagen_bench.evaluate(Still(), **ONE, out="run", **first)
    with pytest.raises(RunError, match="its policy saw front 224 x 224, wrist 128 x 128, and this one's sees front"):
        vlagen_bench.evaluate(Still(), **ONE, out="run", resume=True, **other)
    vlagen_bench.evaluate(Still(), **ONE, out="run", resume=True, **first)


def test_a_run_of_the_first_release_goes_on_with_the_pictures_that_it_had(fake_world):  # noqa: F811
    vlagen_bench.evaluate(Still(), **ONE, out="run")
    path = fake_world / "run" / "header.json"
    header = json.loads(path.read_text())
    del header["cameras"]
    path.write_text(json.dumps(header))
    assert episodes.header(fake_world / "run").cameras == {}
    vlagen_bench.evaluate(Still(), **ONE, out="run", resume=True)
    for other in ({"image_size": 224}, {"cameras": "wrist"}):
        with pytest.raises(RunError, match="another run: its policy saw front 256 x 256"):
            vlagen_bench.evaluate(Still(), **ONE, out="run", resume=True, **other)


@pytest.fixture
def header(fake_world):  # noqa: F811
    def made(**asked):
        vlagen_bench.evaluate(Still(), **ONE, out="run", **asked)
        return episodes.header_json(fake_world / "run")

    return made


def test_the_command_that_repeats_a_run_asks_for_its_pictures(header):
    asked = shlex.split(
        commands.command({**header(cameras="wrist", image_size=224), "policy": {"name": "noop", "arguments": {}}})
    )
    assert asked[asked.index("--cameras") + 1] == "front,wrist"
    assert asked[asked.index("--image-size") + 1] == "front=224x224,wrist=128x128"


def test_a_command_without_options_for_pictures_is_as_ever(header):
    found = header()
    assert "image" not in commands.command(found) and "cameras" not in commands.command(found)


@pytest.mark.parametrize(("asked", "said"), [({}, ()), ({"cameras": "wrist"}, ("front 256 x 256, wrist 128 x 128",))])
def test_an_entry_says_which_cameras_its_policy_saw_and_is_ranked_all_the_same(header, asked, said):
    found = header(**asked)
    told, _ = claims.read(json.dumps(found).encode())
    assert [note for note in told.notes if "cameras" in note] == [
        f"the policy saw these cameras: {one} pixels" for one in said
    ]
    assert protocol_of(found, catalog.task("tabletop_put_on")).deviations == ()


def test_pictures_of_another_size_are_no_official_protocol(header):
    found = {**header(), "suite": {"name": "paper", "version": 1, "task": "bridge_put_on"}}
    task = catalog.task("bridge_put_on")
    for sizes, deviates in (
        ({"3rd_view_camera": [640, 480]}, False),
        ({"3rd_view_camera": [224, 224]}, True),
        (None, False),
    ):
        assert bool(protocol_of({**found, "cameras": sizes}, task).deviations) == deviates
