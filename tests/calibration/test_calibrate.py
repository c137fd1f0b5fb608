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
from vlagen_bench.cli.calibrate import EPISODES, POLICY_EPISODES, CalibrateArgs
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

    def __call__(self, wanted, *, workers, minutes=None):
        for job in wanted:
            if len(self.asked) == self.points:
                if minutes is not None:
                    return
                raise KeyboardInterrupt
            self.asked.append(job.which)
            point = Point(
                which=job.which,
                parameters=calibrate.points_of(AXES.get(job.axis))[job.which],
                severity=Severity.of([float(job.which)] * 2),
                drops={
                    player.name: Drop.of([(True, True)] * (player.episodes or 2), player.version)
                    for player in job.players
                },
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
    assert rest.asked == ["3", "4", "5"]
    curve = curves.read(path)
    assert all("expert" in drops for drops in curve.all_drops) and "noop" not in curve.at("0").drops
    assert {drops["noop"].pairs for drops in curve.all_drops if "noop" in drops} == {POLICY_EPISODES}


def test_elsewhere_no_folder_of_curves_appears(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"no folder docs/axes here.* --out FOLDER"):
        command(CalibrateArgs(axis="mass"))
    assert list(tmp_path.iterdir()) == []


def test_arguments_are_part_of_a_players_name_but_no_secrets():
    args = CalibrateArgs(axis="mass", policy="a.py:A", policy_args=("checkpoint=b.pt", "api_key=hush"))
    expert, learned = args.players("dynamics", args.learned())
    assert expert.name == curves.EXPERT
    assert learned.name == "a.py:A(api_key=(hidden), checkpoint=b.pt)"
    assert dict(learned.arguments) == {"checkpoint": "b.pt", "api_key": "hush"}
    with pytest.raises(ConfigError, match="no policy that takes them"):
        command(CalibrateArgs(axis="mass", policy_args=("checkpoint=b.pt",)))


def outcomes(player):
    """Of one pair of episodes at the first level of `mass`."""
    task, axis = catalog.task(LIVE), AXES.get("mass")
    pairs = calibrate.pairs_of(task, axis, calibrate.points_of(axis)["1"], episodes=1, seed=calibrate.SEED)
    return lab.of(LIVE).outcomes(pairs, player)


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
    assert outcomes(PairedPolicy(policy=f"{file}:Needy", arguments=(("height", "0.01"),))) == [(False, False)]


@pytest.mark.parametrize("task", TASKS)
def test_the_page_has_the_command_of_every_task(task):
    whole = f"`vlagen calibrate --axis all --task {task} --docs`"
    assert whole in axis_pages.HEAD and whole in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_in_pieces_what_is_missing_is_said_and_comes_later(monkeypatch, kept, capsys):
    folder, path = kept
    args = CalibrateArgs(axis="mass", policy="noop", policy_episodes=4, minutes=5, out=folder)
    Measured(monkeypatch, points=3)
    assert command(args) == 1 and "2 levels are still to be measured" in capsys.readouterr().out
    assert "noop" not in curves.read(path).players()
    Measured(monkeypatch)
    command(args)
    assert "still to be measured" not in capsys.readouterr().out
    assert {point.drops["noop"].pairs for point in curves.read(path).points[1:]} == {4}


def test_another_version_or_number_of_episodes_is_played_again_and_the_expert_is_not(monkeypatch, kept):
    folder, path = kept
    file = folder / "mine.py"
    write = "class Mine:\n    version = '{}'\n    def act(self, obs, instr):\n        return [0] * 7\n"
    file.write_text(write.format("a"))
    args = CalibrateArgs(axis="mass", policy=f"{file}:Mine", policy_episodes=4, out=folder)
    first, same, other, more = (Measured(monkeypatch) for _ in range(4))
    for measured, version, wanted in ((first, "a", args), (same, "a", args), (other, "b", args)):
        monkeypatch.setattr(calibrate, "measure_all", measured)
        file.write_text(write.format(version))
        command(wanted)
    monkeypatch.setattr(calibrate, "measure_all", more)
    command(dataclasses.replace(args, policy_episodes=6))
    assert [first.asked, same.asked, other.asked, more.asked] == [[*"12345"], [], [*"12345"], [*"12345"]]
    drops = curves.read(path).at("3").drops
    assert drops[f"{file}:Mine"].version == "b" and drops[f"{file}:Mine"].pairs == 6 and drops["expert"].pairs == 10


@pytest.mark.parametrize("wrong", [{"policy_episodes": 1, "policy": "noop"}, {"policy_episodes": 9}, {"minutes": 0}])
def test_numbers_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"--policy-episodes|--minutes"):
        command(CalibrateArgs(axis="mass", **wrong))


@pytest.mark.parametrize("workers", [1, 2])
def test_after_its_minutes_no_further_point_begins(monkeypatch, workers):
    curve = calibrate.outline(catalog.task(LIVE), AXES.get("instruction"), episodes=2, seed=calibrate.SEED)
    wanted = calibrate.jobs(curve, [])
    measured = list(calibrate.measure_all(wanted[:1], workers=workers, minutes=1e-9))
    assert len(measured) <= (workers > 1)  # one that had begun
    assert len(list(calibrate.measure_all(wanted[:1], workers=1, minutes=9))) == 1


@pytest.mark.sim
def test_a_policy_gets_the_cameras_that_its_spec_names(tmp_path):
    file = tmp_path / "looking.py"
    file.write_text(
        "class Looking:\n"
        "    spec = {'cameras': ('front', 'wrist'), 'image_size': 'front=128,wrist=64'}\n"
        "    def act(self, obs, instr):\n"
        "        assert obs['images']['front'].shape == (128, 128, 3) and obs['images']['wrist'].shape == (64, 64, 3)\n"
        "        return [0, 0, 0, 0, 0, 0, 1]\n"
    )
    assert outcomes(PairedPolicy(policy=f"{file}:Looking")) == [(False, False)]
