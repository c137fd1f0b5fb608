"""Datasets on the disk: what LeRobot finds in them, what the reader gives, and what the check notices."""

import dataclasses
import json
import shutil
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from helpers.demonstrated import STEP, FramedSim, collected, collector, job
from vlagen_bench.demonstrations import arrow, check, features, layout, parts, tables
from vlagen_bench.demonstrations.dataset import Dataset
from vlagen_bench.demonstrations.disturbance import Noise
from vlagen_bench.demonstrations.job import cameras_of
from vlagen_bench.demonstrations.statistics import PictureStatistics, of_numbers
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.scenes import specs

NOISY = {"noise": Noise(steps=0.4, episodes=1.0)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three episodes with noise, in two files."""
    place = tmp_path_factory.mktemp("dataset")
    collected(place, job(**NOISY), 2)
    collected(place, job(**NOISY), 3)
    return place


def test_the_layout_is_that_of_version_3(folder):
    info = json.loads((folder / "meta/info.json").read_text())
    assert (info["codebase_version"], info["fps"], info["robot_type"]) == ("v3.0", 5, "panda")
    dataset = Dataset(folder)
    frames = sum(len(one) for one in dataset)
    assert (info["total_episodes"], info["total_frames"], info["splits"]) == (3, frames, {"train": "0:3"})
    assert info["video_path"] is None and info["total_tasks"] == len({one.instruction for one in dataset})
    assert info["features"]["observation.images.front"] == {
        "dtype": "image", "shape": [32, 32, 3], "names": ["height", "width", "channels"],
    }  # fmt: skip
    assert info["features"]["action"]["names"][-1] == "gripper_plus_one_open"
    for name in ("timestamp", "frame_index", "episode_index", "index", "task_index"):
        assert info["features"][name]["shape"] == [1]
    assert sorted(path.name for path in (folder / "data/chunk-000").iterdir()) == [
        "file-000.parquet",
        "file-001.parquet",
    ]
    assert [path.name for path in (folder / "parts").iterdir()] == ["lock"]


def test_frames_are_counted_through_all_files(folder):
    files = [pq.read_table(path) for path in sorted((folder / "data").rglob("*.parquet"))]
    index = [value for table in files for value in table.column("index").to_pylist()]
    assert index == list(range(len(index)))
    rows = layout.episode_rows(folder)
    assert [row["episode_index"] for row in rows] == [0, 1, 2]
    assert (rows[0]["data/file_index"], rows[0]["dataset_from_index"]) == (0, 0)
    assert [row["data/file_index"] for row in rows] == [0, 0, 1]
    assert all(a["dataset_to_index"] == b["dataset_from_index"] for a, b in pairwise(rows))
    table = files[1]
    assert table.column("timestamp").to_pylist()[:3] == pytest.approx([0.0, 0.2, 0.4])
    assert set(table.column("episode_index").to_pylist()) == {2}


def test_tasks_are_found_as_lerobot_looks_them_up(folder):
    tasks = pd.read_parquet(folder / "meta/tasks.parquet")
    frames = pd.concat(pd.read_parquet(path) for path in sorted((folder / "data").rglob("*.parquet")))
    for row in layout.episode_rows(folder):
        (number,) = set(frames.task_index[frames.episode_index == row["episode_index"]])
        assert tasks.iloc[number].name == row["tasks"][0] and tasks.loc[row["tasks"][0]].task_index == number


def test_statistics_are_those_of_the_frames(folder):
    stats = json.loads((folder / "meta/stats.json").read_text())
    actions = np.concatenate([one.action for one in Dataset(folder)])
    assert np.allclose(stats["action"]["mean"], actions.mean(axis=0), atol=1e-6)
    assert np.allclose(stats["action"]["std"], actions.std(axis=0), atol=1e-6)
    assert stats["action"]["count"] == [len(actions)]
    assert np.array(stats["observation.images.front"]["mean"]).shape == (3, 1, 1)
    assert set(stats["is_label"]["min"]) == {1.0}


def test_statistics_pass_over_what_is_not_there():
    found = of_numbers(np.array([[1.0, np.nan], [3.0, np.nan]]))
    assert (found["min"], found["max"], found["mean"], found["std"]) == ([1.0, 0.0], [3.0, 0.0], [2.0, 0.0], [1.0, 0.0])
    assert found["q50"] == [2.0, 0.0] and found["count"] == [2]
    some = of_numbers(np.array([[np.nan], [4.0]]))
    assert (some["mean"], some["q99"]) == ([4.0], [4.0])


def test_picture_statistics_are_those_of_its_pixels():
    rng = np.random.RandomState(0)
    pictures = rng.randint(0, 256, (5, 16, 16, 3)).astype(np.uint8)
    counted = PictureStatistics()
    for picture in pictures:
        counted.add(picture)
    pixels = pictures[:, ::4, ::4].reshape(-1, 3) / 255
    found = {name: np.reshape(value, -1) for name, value in counted.stored().items()}
    assert np.allclose(found["mean"], pixels.mean(axis=0)) and np.allclose(found["std"], pixels.std(axis=0))
    assert np.allclose(found["min"], pixels.min(axis=0)) and np.allclose(found["max"], pixels.max(axis=0))
    assert np.allclose(found["q50"], np.quantile(pixels, 0.5, axis=0, method="inverted_cdf"))


def test_the_reader_gives_single_episodes_and_chosen_cameras(folder):
    dataset = Dataset(folder)
    whole = list(dataset)
    assert dataset.cameras == ("front", "wrist") and len(dataset) == 3
    for number in (0, 2, -1):
        one = dataset[number]
        assert one.episode == whole[number].episode and np.array_equal(
            one.images["wrist"], whole[number].images["wrist"]
        )
    few = list(dataset.read(episodes=[2, 0], cameras=["wrist"], threads=1))
    assert [one.episode for one in few] == [whole[0].episode, whole[2].episode] and set(few[0].images) == {"wrist"}
    assert np.array_equal(few[1].images["wrist"], whole[2].images["wrist"])
    with pytest.raises(IndexError, match="has 3 episodes, not number 3"):
        dataset[3]
    with pytest.raises(RunError, match=r"no camera 'top'. There are: front, wrist"):
        list(dataset.read(cameras=["top"]))


def test_chunks_of_an_episode_make_up_for_its_noise(folder):
    one = Dataset(folder)[0]
    labels, inside = one.chunks(2)
    added = (one.executed - one.action)[:-1, :3]
    assert one.is_noisy.any() and np.allclose(labels[:-1, 1, :3], one.action[1:, :3] + added, atol=1e-6)
    assert np.array_equal(labels[:, 0], one.action) and inside[:-1].all() and not inside[-1, 1]


def test_a_picture_survives_without_loss():
    picture = np.random.RandomState(0).randint(0, 256, (20, 30, 3)).astype(np.uint8)
    assert np.array_equal(parts.picture(parts.png(picture)), picture)


def test_videos_hold_the_same_frames_nearly_and_go_on_in_new_files(tmp_path):
    collected(tmp_path / "video", job(), 2, pictures="video")
    collected(tmp_path / "video", job(), 4, pictures="video")
    collected(tmp_path / "image", job(), 4)
    filmed, drawn = Dataset(tmp_path / "video"), Dataset(tmp_path / "image")
    info = filmed.info["features"]["observation.images.wrist"]
    assert info["dtype"] == "video" and info["info"]["video.fps"] == 5
    for number in (3, 0, 1):
        shown, wanted = filmed[number], drawn[number]
        assert (
            np.array_equal(shown.action, wanted.action) and shown.images["front"].shape == wanted.images["front"].shape
        )
        # The fake's pictures are of one level, which is the number of the step.
        assert np.abs(shown.images["front"][:, 8:].astype(int) - wanted.images["front"][:, 8:]).max() <= 4
    assert [one.episode for one in filmed] == [one.episode for one in drawn]
    row = layout.episode_rows(tmp_path / "video")[1]
    place = "videos/observation.images.front/"
    assert (row[place + "from_timestamp"], row[place + "file_index"]) == (pytest.approx(0.8), 0)
    assert "observation.images.front" in json.loads((tmp_path / "video/meta/stats.json").read_text())


def test_a_video_of_odd_size_is_refused_before_anything_is_played(tmp_path):
    odd = job(cameras=cameras_of(specs.scene("tabletop"), "front,wrist", "front=33,wrist=16"))
    with pytest.raises(ConfigError, match=r"camera front has 33 x 33 pixels, and videos need even numbers"):
        collected(tmp_path, odd, 1, pictures="video")
    assert not list(tmp_path.iterdir())


def test_idle_frames_are_left_out_and_the_episode_can_still_be_played(tmp_path):
    collected(tmp_path, job(drop_idle=True, noise=Noise(steps=0.0)), 3)
    failing = Dataset(tmp_path)[2]
    assert len(failing) == len(failing.actions) == job().task.max_steps  # all of its steps move
    collected(tmp_path / "still", job(drop_idle=True), 1, make_player=still_player)
    still = Dataset(tmp_path / "still")[0]
    assert len(still.actions) == 8 and len(still) == 4 and np.allclose(still.action[:, 0], STEP)
    assert [one.faults for one in check.check(Dataset(tmp_path / "still"), sim=FramedSim())] == [()]
    labels, inside = still.chunks(2)  # the second action of a chunk also goes where the frame between them went
    assert np.allclose(labels[0, :, :2], [[STEP, 0], [STEP, CREEP]]) and inside[0].all()


CREEP = 0.001
"""what the idle filter leaves out"""


class EverySecond:
    """Moves in every second step, and hardly in the others."""

    def attach(self, sim):
        self.sim = sim

    def act(self, obs, instr):
        moves = self.sim.steps % 2
        return np.array([STEP * moves, CREEP * (1 - moves), 0, 0, 0, 0, 1.0], np.float32)


def still_player(of_job):
    from helpers.demonstrated import player

    return player(of_job, EverySecond())


def test_the_check_finds_every_episode_the_same(folder):
    checked = list(check.check(Dataset(folder), sim=FramedSim()))
    assert [(one.number, one.faults) for one in checked] == [(0, ()), (1, ()), (2, ())]
    assert [one.number for one in check.check(Dataset(folder), [2], sim=FramedSim())] == [2]
    some = list(check.check(Dataset(folder), [2, 0, 2], sim=FramedSim()))
    assert [(one.number, one.episode.index) for one in some] == [
        (0, checked[0].episode.index),
        (2, checked[2].episode.index),
    ]
    with pytest.raises(RunError, match="has 3 episodes, from number 0, and none of number 7"):
        list(check.check(Dataset(folder), [7], sim=FramedSim()))


@pytest.mark.parametrize(
    ("column", "change", "sentence"),
    [
        ("vlagen/actions", lambda steps: [[0.26, *steps[0][1:]], *steps[1:]], "its frames have other actions"),
        ("vlagen/state_hashes", lambda states: [states[0], "0" * 16, *states[2:]], "its states differ at step 1 of"),
        ("vlagen/state_hashes", lambda states: states[:-1], "its states differ at step"),
        ("vlagen/success", lambda flag: not flag, "its success is recorded as"),
    ],
)
def test_the_check_notices_what_was_changed(folder, tmp_path, column, change, sentence):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    table = pq.read_table(copy / layout.EPISODES)
    rows = table.to_pylist()
    rows[1][column] = change(rows[1][column])
    tables._write_table(copy / layout.EPISODES, type(table).from_pylist(rows, schema=table.schema))
    faults = {one.number: one.faults for one in check.check(Dataset(copy), sim=FramedSim())}
    assert faults[0] == faults[2] == () and any(sentence in fault for fault in faults[1])


def test_what_a_dataset_says_of_its_making_can_be_compared(folder):
    facts = Dataset(folder).facts
    assert facts["task"] == "tabletop_put_on@1" and facts["job"]["noise"] == {"steps": 0.4, "episodes": 1.0}
    assert [attempt["outcome"] for attempt in facts["attempts"]].count("error") == 0
    assert facts["job"]["cameras"] == {"front": [32, 32], "wrist": [16, 16]}


def test_a_dataset_of_an_unknown_format_or_a_damaged_one_is_refused(folder, tmp_path):
    (tmp_path / "meta").mkdir()
    facts = tmp_path / layout.FACTS
    facts.write_text(json.dumps({"format": 9}))
    with pytest.raises(RunError, match="has the format 9; this release reads 1"):
        Dataset(tmp_path)
    facts.write_text("{")
    with pytest.raises(RunError, match="is damaged"):
        Dataset(tmp_path)
    with pytest.raises(RunError, match="is damaged"), collector(tmp_path, job()):
        pass
    facts.write_text((folder / layout.FACTS).read_text())
    with pytest.raises(RunError, match="its collection was interrupted"):
        Dataset(tmp_path)


def test_another_version_of_a_policy_is_refused_and_one_that_is_not_recorded_is_accepted(tmp_path):
    collected(tmp_path, job(), 1, versions={"policy": "a"})
    with pytest.raises(ConfigError, match=r'versions is \{"policy": "a"\} there, and now \{"policy": "b"\}'):
        collected(tmp_path, job(), 2, versions={"policy": "b"})
    facts = json.loads((tmp_path / layout.FACTS).read_text())
    del facts["versions"]
    (tmp_path / layout.FACTS).write_text(json.dumps(facts))
    assert collected(tmp_path, job(), 2, versions={"policy": "b"}).kept == 2


def test_without_the_package_for_tables_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    for load in (arrow.arrow, arrow.parquet):
        with pytest.raises(ConfigError, match=r"needs the package pyarrow.*, of the extra \[train\]: "):
            load()


def test_features_name_every_number(folder):
    scene = specs.scene("tabletop")
    found = features.features_of(scene)
    assert found["observation.state"]["names"] == list(scene.robot.state_layout)
    assert found["privileged.source_m"]["shape"] == [3] and found["privileged.target_px"]["names"] == ["x", "y"]
    fields = {field.name for field in dataclasses.fields(Dataset(folder)[0])}
    assert {"images", "state", "action", "executed", "privileged", "is_label", "is_noisy"} <= fields
