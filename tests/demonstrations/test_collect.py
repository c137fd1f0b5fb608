"""Collections: which episodes are kept, and that nothing is lost or counted twice when they are interrupted."""

import json
import resource
from itertools import islice

import numpy as np
import pytest

from helpers.demonstrated import (
    FAILS_EVERY,
    STEP,
    Steady,
    collected,
    collector,
    deadly_player,
    job,
    player,
)
from vlagen_bench.demonstrations import collect
from vlagen_bench.demonstrations.collect import MAX_ERRORS
from vlagen_bench.demonstrations.dataset import Dataset
from vlagen_bench.demonstrations.disturbance import Noise, takeover_step
from vlagen_bench.demonstrations.job import PolicyChoice
from vlagen_bench.demonstrations.play import Player
from vlagen_bench.demonstrations.workers import Workers
from vlagen_bench.errors import ConfigError, PolicyError, RunError


def indices(folder):
    return [one.episode.index for one in Dataset(folder)]


def content(folder):
    """All that a dataset holds, file by file, but the time that it took."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "lock":
            found[str(path.relative_to(folder))] = path.read_bytes()
    facts = json.loads(found["meta/vlagen.json"])
    found["meta/vlagen.json"] = [{**attempt, "cpu_s": 0} for attempt in facts["attempts"]]
    return found


def test_every_episode_is_kept_with_its_outcome(tmp_path):
    done = collected(tmp_path, job(), 6)
    assert (done.kept, done.successes, done.failures, done.attempts) == (6, 4, 2, 6)
    dataset = Dataset(tmp_path)
    assert indices(tmp_path) == list(range(6)) and len(dataset) == 6
    assert [one.success for one in dataset] == [True, True, False] * 2
    first = dataset[0]
    assert first.episode == job().distribution.episode(0) and first.instruction == first.episode.instruction
    assert np.allclose(first.action[:, 0], STEP) and len(first) == 4 and len(first.state_hashes) == 5
    assert first.images["front"].shape == (4, 32, 32, 3) and first.images["wrist"].shape == (4, 16, 16, 3)
    assert first.images["front"][:, 5, 5, 0].tolist() == [0, 1, 2, 3]
    assert first.privileged["source_m"][:, 0].tolist() == [0, 1, 2, 3]
    assert len(dataset[2]) == job().task.max_steps


def test_only_successes_are_kept_where_that_is_asked_for_and_failures_are_counted(tmp_path):
    done = collected(tmp_path, job(only_success=True), 5)
    assert (done.kept, done.successes, done.failures, done.attempts) == (5, 5, 2, 7)
    assert indices(tmp_path) == [0, 1, 3, 4, 6]


@pytest.mark.slow
def test_the_dataset_is_the_same_whatever_the_workers_and_interruptions(tmp_path):
    of_job = job(only_success=True, noise=Noise(steps=0.3))
    alone = collected(tmp_path / "alone", of_job, 5)
    with collector(tmp_path / "often", of_job) as collecting:
        list(islice(collecting.play(5, workers=2), 2))  # ends amid the rest
    assert not (tmp_path / "often" / "meta" / "info.json").exists()
    often = collected(tmp_path / "often", of_job, 5, workers=2, pool=Workers)
    assert (often.kept, often.attempts, often.failures) == (5, alone.attempts, alone.failures)
    assert content(tmp_path / "often") == content(tmp_path / "alone")


def test_a_larger_number_goes_on_and_a_smaller_one_changes_nothing(tmp_path):
    collected(tmp_path, job(), 2)
    before = [(one.episode.id, one.images["front"].tobytes()) for one in Dataset(tmp_path)]
    done = collected(tmp_path, job(), 5)
    assert (done.kept, done.attempts) == (5, 5) and indices(tmp_path) == list(range(5))
    assert [(one.episode.id, one.images["front"].tobytes()) for one in Dataset(tmp_path)][:2] == before
    whole = content(tmp_path)
    assert collected(tmp_path, job(), 3).kept == 5 and content(tmp_path) == whole


def test_a_kill_while_the_dataset_is_written_loses_nothing(tmp_path, monkeypatch):
    from vlagen_bench.demonstrations import layout, tables

    collected(tmp_path / "whole", job(), 3)
    for module, moment in ((layout, "write_attempts"), (tables, "write_atomically"), (tables, "_write_table")):
        folder = tmp_path / moment
        collected(folder, job(), 1)
        with monkeypatch.context() as patched:
            patched.setattr(module, moment, lambda *given: (_ for _ in ()).throw(KeyboardInterrupt()))
            with pytest.raises(KeyboardInterrupt):
                collected(folder, job(), 3)
        assert collected(folder, job(), 3).attempts == 3
        assert [one.episode.id for one in Dataset(folder)] == [one.episode.id for one in Dataset(tmp_path / "whole")]


@pytest.mark.slow
def test_an_episode_whose_worker_died_is_played_again(tmp_path, monkeypatch):
    trap = tmp_path / "trap"
    trap.touch()
    monkeypatch.setenv("VLAGEN_TEST_TRAP", str(trap))
    notes = []
    done = collected(tmp_path / "out", job(), 4, make_player=deadly_player, pool=Workers, note=notes.append)
    assert done.kept == 4 and done.errors == 0 and not trap.exists()
    assert notes == ["Episode 2: its worker process was killed by SIGKILL. It is played again by a new one."]


class Broken(Steady):
    def act(self, obs, instr):
        if self.sim.episode.index % 2:
            raise RuntimeError("no idea")
        return super().act(obs, instr)


def broken_player(of_job):
    return player(of_job, Broken())


def test_errors_are_counted_apart_and_are_tried_again(tmp_path):
    done = collected(tmp_path, job(), 3, make_player=broken_player)
    assert (done.kept, done.errors) == (3, 2) and indices(tmp_path) == [0, 2, 4]
    done = collected(tmp_path, job(), 5)
    assert (done.kept, done.errors) == (5, 0) and indices(tmp_path) == [0, 2, 4, 1, 3]


def test_too_many_errors_end_a_collection(tmp_path):
    with pytest.raises(RunError, match=rf"{MAX_ERRORS + 1} episodes ended as errors. The last: policy: .*no idea"):
        collected(tmp_path, job(), 100, make_player=broken_player)


class Away(Steady):
    def act(self, obs, instr):
        return -abs(super().act(obs, instr))


def hopeless_player(of_job):
    return player(of_job, Away())


def test_a_policy_that_never_succeeds_is_not_played_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "MAX_IN_VAIN", 20)
    collected(tmp_path, job(only_success=True), 2)
    with pytest.raises(RunError, match=r"None of 20 episodes in a row could be kept: .* 2 of 9 are there"):
        collected(tmp_path, job(only_success=True), 9, make_player=hopeless_player)
    assert collected(tmp_path, job(only_success=True), 3).kept == 3


@pytest.mark.parametrize("largest_bytes", [1_000, 5_000, 9_700], ids=["its beginning", "an episode", "the dataset"])
def test_a_full_disk_is_a_sentence_and_the_collection_goes_on_once_there_is_room(largest_bytes, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_bytes, before[1]))
    try:
        with pytest.raises(RunError, match=r"cannot be written: .*make room"):
            collected(tmp_path, job(only_success=True), 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    done = collected(tmp_path, job(only_success=True), 3)
    assert (done.kept, done.errors) == (3, 0) and len(Dataset(tmp_path)) == 3


def test_a_folder_of_other_settings_or_of_something_else_is_refused(tmp_path):
    collected(tmp_path / "a", job(), 1)
    with pytest.raises(ConfigError, match=r'begun with other settings: noise is \{"steps": 0.0.*Use the same'):
        collected(tmp_path / "a", job(noise=Noise(steps=0.5)), 2)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").touch()
    with pytest.raises(ConfigError, match="holds something else"):
        collected(tmp_path / "b", job(), 1)
    with collector(tmp_path / "a", job()), pytest.raises(RunError, match="Another process is writing"):
        collected(tmp_path / "a", job(), 1)
    with pytest.raises(RunError, match=r"no dataset of demonstrations: .* vlagen collect"):
        Dataset(tmp_path / "b")


# Without processes -----------------------------------------------------------------------------------------------------


def playing(of_job, **policies):
    return player(of_job, **policies)


def test_noise_is_executed_and_the_clean_action_stays_the_label():
    of_job = job(noise=Noise(steps=0.5, episodes=1.0))
    recorded = playing(of_job).play(of_job.distribution.episode(0))
    noisy = [frame for frame in recorded.frames if frame.is_noisy]
    assert 0 < len(noisy) < len(recorded.frames)
    for frame in recorded.frames:
        assert frame.action[0] == np.float32(STEP) and frame.executed[6] == frame.action[6]
        assert np.abs(frame.executed - frame.action)[:3].max() <= 0.025
        assert np.abs(frame.executed - frame.action)[3:6].max() <= 0.25
        assert frame.is_noisy == (not np.array_equal(frame.executed, frame.action))


def test_noise_has_the_share_of_steps_and_episodes_that_is_asked_for():
    noise, distribution = Noise(steps=0.35, episodes=0.5), job().distribution
    added = np.array([noise.of(distribution.episode(index), 50) for index in range(200)])
    noisy = (added != 0).any(axis=(1, 2))
    assert 0.4 < noisy.mean() < 0.6
    assert 0.33 < (added[noisy] != 0).any(axis=2).mean() < 0.37
    assert 0.95 < np.abs(added[..., :3]).max() / 0.025 <= 1 and 0.95 < np.abs(added[..., 3:]).max() / 0.25 <= 1
    assert not Noise().of(distribution.episode(0), 50).any()
    with pytest.raises(ConfigError, match=r"--noise 1.5: give a share"):
        Noise(steps=1.5)


class Backwards:
    def act(self, obs, instr):
        return np.array([-STEP / 8, 0, 0, 0, 0, 0, -1.0], np.float32)


def test_after_a_takeover_only_the_demonstrators_frames_are_labels():
    of_job = job(takeover=PolicyChoice(name="noop"), noise=Noise(steps=1.0, episodes=1.0))
    episode = of_job.distribution.episode(1)
    recorded = playing(of_job, beginner=Backwards()).play(episode)
    labels = [frame.is_label for frame in recorded.frames]
    first = takeover_step(episode)
    assert labels == [False] * first + [True] * (len(labels) - first) and recorded.has_labels
    assert not any(frame.is_noisy for frame in recorded.frames[:first])
    assert {frame.action[6] for frame in recorded.frames[:first]} == {-1.0}
    assert {frame.action[6] for frame in recorded.frames[first:]} == {1.0}


def test_takeovers_come_after_4_to_31_steps_and_all_of_them_occur():
    steps = {takeover_step(job().distribution.episode(index)) for index in range(300)}
    assert steps == set(range(4, 32))


def test_an_episode_that_ends_before_the_takeover_has_no_labels():
    of_job = job(takeover=PolicyChoice(name="noop"))
    episode = next(
        one
        for one in map(of_job.distribution.episode, range(99))
        if takeover_step(one) > 9 and one.index % FAILS_EVERY == 0
    )
    recorded = playing(of_job, beginner=Steady()).play(episode)
    assert recorded.success and not recorded.has_labels


def test_every_frame_of_a_chunk_shows_what_was_seen_at_its_step():
    class Chunked:
        def act(self, obs, instr):
            return np.tile(np.array([STEP, 0, 0, 0, 0, 0, 1.0], np.float32), (3, 1))

    recorded = playing(job(), demonstrator=Chunked()).play(job().distribution.episode(0))
    assert [frame.observation["images"]["front"][5, 5, 0] for frame in recorded.frames] == [0, 1, 2, 3]


def test_what_is_wrong_with_an_answer_is_said():
    class Short:
        def act(self, obs, instr):
            return [0.0, 0.0]

    made: Player = playing(job(), demonstrator=Short())
    with pytest.raises(PolicyError, match=r"the shape \(2,\)"):
        made.play(job().distribution.episode(0))
