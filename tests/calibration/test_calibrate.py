"""`vlagen calibrate` keeps what was measured until there is better, and plays any policy."""

import dataclasses
import shutil

import pytest

from helpers.curves import COMMITTED, FOLDER, LIVE, TASKS
from vlagen_bench.axes import AXES
from vlagen_bench.calibration import axis_pages, calibrate, curves
from vlagen_bench.calibration import pairs as lab
from vlagen_bench.calibration.curves import Drop, Point, Severity
from vlagen_bench.calibration.pairs import PairedPolicy
from vlagen_bench.cli.calibrate import EPISODES, CalibrateArgs
from vlagen_bench.cli.calibrate import calibrate as command
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog

pytestmark = pytest.mark.slow  # plays whole curves


@pytest.fixture
def kept(tmp_path):
    """A folder with the curve of mass as it was committed, and its path."""
    path = curves.path_of(tmp_path, LIVE, "mass")
    path.parent.mkdir(parents=True)
    shutil.copy(curves.path_of(FOLDER, LIVE, "mass"), path)
    return tmp_path, path


class Measured:
    """In place of measuring: made up points, and an interrupt after so many."""

    def __init__(self, monkeypatch, points=100):
        self.asked, self.points = [], points
        monkeypatch.setattr(calibrate, "measure_all", self)

    def __call__(self, wanted, *, workers):
        for job in wanted:
            if len(self.asked) == self.points:
                raise KeyboardInterrupt
            self.asked.append(job.which)
            point = Point(
                which=job.which,
                parameters=calibrate.points_of(AXES.get(job.axis))[job.which],
                severity=Severity.of([float(job.which)] * 2),
                drops={player.name: Drop.of([(True, True)] * 2) for player in job.players},
            )
            yield job, dataclasses.replace(point, drops={**(job.known.drops if job.known else {}), **point.drops})


@pytest.mark.parametrize("curve", COMMITTED, ids=lambda curve: f"{curve.task}-{curve.axis}")
def test_the_command_of_the_page_finds_the_committed_curve(curve):
    name = curve.task.partition("@")[0]
    episodes = CalibrateArgs(axis=curve.axis, out=FOLDER).episodes_of(name, curve.axis)
    again = calibrate.outline(catalog.task(name), AXES.get(curve.axis), episodes=episodes, seed=calibrate.SEED)
    assert (again.plan, again.command) == (curve.plan, curve.command)


def test_nothing_is_measured_again_and_a_new_curve_is_of_the_default(monkeypatch, kept):
    folder, path = kept
    before, measured = path.read_bytes(), Measured(monkeypatch)
    assert command(CalibrateArgs(axis="mass", out=folder)) == 0
    assert measured.asked == [] and path.read_bytes() == before
    assert command(CalibrateArgs(axis="friction", out=folder)) == 0
    assert curves.read(curves.path_of(folder, LIVE, "friction")).episodes == EPISODES


def test_a_curve_is_replaced_only_when_the_new_one_is_complete(monkeypatch, kept):
    folder, path = kept
    before, args = path.read_bytes(), CalibrateArgs(axis="mass", episodes=3, out=folder)
    interrupted = Measured(monkeypatch, points=2)
    with pytest.raises(KeyboardInterrupt):
        command(args)
    assert interrupted.asked == ["0", "1"]
    assert path.read_bytes() == before and curves.read_all(folder) == (curves.read(path),)
    rest = Measured(monkeypatch)
    assert command(args) == 0
    assert rest.asked == ["2", "3", "4", "5"]
    assert curves.read(path).episodes == 3 and [point.which for point in curves.read(path).points] == [*"012345"]
    assert not curves.part_of(path).exists()


def test_a_policy_that_is_interrupted_leaves_the_curve_and_is_gone_on_with(monkeypatch, kept):
    folder, path = kept
    before, args = path.read_bytes(), CalibrateArgs(axis="mass", policy="noop", out=folder)
    Measured(monkeypatch, points=2)
    with pytest.raises(KeyboardInterrupt):
        command(args)
    assert path.read_bytes() == before
    rest = Measured(monkeypatch)
    command(args)
    assert rest.asked == ["2", "3", "4", "5"]
    assert all({"expert", "noop"} <= set(point.drops) for point in curves.read(path).points)


def test_elsewhere_no_folder_of_curves_appears(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"no folder docs/axes here.* --out FOLDER"):
        command(CalibrateArgs(axis="mass"))
    assert list(tmp_path.iterdir()) == []


def test_arguments_are_part_of_a_players_name_but_no_secrets():
    args = CalibrateArgs(axis="mass", policy="a.py:A", policy_args=("checkpoint=b.pt", "api_key=hush"))
    expert, learned = args.players("dynamics")
    assert expert.name == curves.EXPERT
    assert learned.name == "a.py:A(api_key=(hidden), checkpoint=b.pt)"
    assert dict(learned.arguments) == {"checkpoint": "b.pt", "api_key": "hush"}
    with pytest.raises(ConfigError, match="no policy that takes them"):
        command(CalibrateArgs(axis="mass", policy_args=("checkpoint=b.pt",)))


@pytest.mark.sim
def test_a_policy_is_played_with_its_arguments(tmp_path):
    file = tmp_path / "needy.py"
    file.write_text(
        "class Needy:\n"
        "    def __init__(self, height):\n"
        "        self.z = float(height)\n"
        "    def act(self, obs, instr):\n"
        "        return [0, 0, self.z, 0, 0, 0, 1]\n"
    )
    task, axis = catalog.task(LIVE), AXES.get("mass")
    pairs = calibrate.pairs_of(task, axis, calibrate.points_of(axis)["1"], episodes=1, seed=calibrate.SEED)
    needy = PairedPolicy(policy=f"{file}:Needy", arguments=(("height", "0.01"),))
    assert lab.of(LIVE).outcomes(pairs, needy) == [(False, False)]


@pytest.mark.parametrize("task", TASKS)
def test_the_page_has_the_command_of_every_task(task):
    whole = f"`vlagen calibrate --axis all --task {task} --docs`"
    assert whole in axis_pages.HEAD and whole in (FOLDER / "README.md").read_text(encoding="utf-8")
