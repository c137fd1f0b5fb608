"""What goes wrong in imitation by a mistake of its user's is a sentence, and leaves what was there."""

import dataclasses
import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from helpers import demonstrated, trained
from helpers.shown import GROUNDING, SMALL, Shown
from vlagen_bench.cli import train as cli
from vlagen_bench.demonstrations import layout
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.policies.compact import checkpoint, sentences
from vlagen_bench.policies.compact.network import CompactNetwork
from vlagen_bench.train import config as configs
from vlagen_bench.train import sft, sources
from vlagen_bench.train.config import EvaluationConfig
from vlagen_bench.train.frames import frames_of
from vlagen_bench.train.listener import Listener
from vlagen_bench.train.sft_config import GroundingConfig, SftConfig


@pytest.fixture(autouse=True)
def _vectors(monkeypatch):
    monkeypatch.setattr(sentences, "vectors", trained.same_vectors)


@pytest.fixture
def shown(monkeypatch):
    """Two demonstrations of nothing."""
    monkeypatch.setattr(sft.sources, "demonstrations", lambda *_: frames_of([Shown(9), Shown(7)], SMALL))


def config(**other):
    usual = dict(
        demonstrations=("nowhere",), network=SMALL, iterations=6, batch=4, log_every=1, save_every=2, warmup=2, threads=1
    )  # fmt: skip
    return SftConfig(**(usual | other))


def test_a_loss_that_is_no_number_ends_a_training_before_it_is_kept(tmp_path, shown):
    with pytest.raises(RunError, match=r"iteration 2 or its gradient is NaN or infinite, and so are all weights after"):
        sft.run(config(learning_rate=1e30), tmp_path)
    assert not (tmp_path / "state.safetensors").exists() and "NaN" not in (tmp_path / "log.jsonl").read_text()


class Stop(Listener):
    def iterated(self, line):
        if line["iteration"] == 2:
            raise KeyboardInterrupt


def test_a_training_does_not_go_on_with_other_demonstrations(tmp_path):
    """Which its configuration does not tell apart: they are in the same folder."""
    demonstrated.collected(tmp_path / "more", demonstrated.job(), 2)
    given = config(demonstrations=(str(tmp_path / "more"),))
    with pytest.raises(KeyboardInterrupt):
        sft.run(given, tmp_path / "run", listener=Stop())
    demonstrated.collected(tmp_path / "more", demonstrated.job(), 3)
    with pytest.raises(RunError, match=r"begun with another set of demonstrations: 2 episodes, .*, not 3 episodes, "):
        sft.run(given, tmp_path / "run")
    (tmp_path / "run" / "state.safetensors").unlink()  # then nothing was reached with the others
    assert sft.run(given, tmp_path / "run").complete


@pytest.mark.parametrize(("weight", "kept"), [(0.0, "positions"), (0.1, "where source and target are")])
def test_what_only_a_simulator_knows_stays_in_the_card(tmp_path, shown, weight, kept):
    start = tmp_path / "start.safetensors"
    card = checkpoint.ModelCard(name="x", trained_by="grounding, sft", privileged_training="positions")
    checkpoint.save(start, CompactNetwork(SMALL), card)
    given = config(start=str(start), network=None, grounding=GroundingConfig(weight=weight))
    _, now = checkpoint.load(sft.run(given, tmp_path / "run").policy)
    assert now.privileged_training.startswith(kept)


class Clock:
    """A second goes by whenever somebody looks."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        self.now += 1
        return self.now


def test_sittings_that_are_shorter_than_the_way_to_the_next_state_come_to_an_end(tmp_path, shown, monkeypatch):
    monkeypatch.setattr(sft, "time", Clock())
    done = [sft.run(config(save_every=3), tmp_path, minutes=4 / 60).iterations for _ in range(2)]
    assert done == [3, 6]


class Noting(Listener):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def test_more_iterations_than_a_training_was_begun_with_are_told(tmp_path, shown):
    """The learning rate falls over all iterations, so that it is not the training that would have been begun with them."""
    for iterations, notes in ((6, 0), (6, 0), (8, 1), (8, 0)):
        heard = Noting()
        sft.run(config(iterations=iterations), tmp_path, listener=heard)
        assert len(heard.notes) == notes
        assert not notes or "begun with 6 iterations" in heard.notes[0]


def test_a_policy_is_named_once_it_is_there(tmp_path, shown, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["vlagen-train", "sft"])
    given = dataclasses.asdict(config()) | {"network": {**dataclasses.asdict(SMALL), "widths": [8, 8]}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(given))))
    for minutes, says in ((1e-9, False), (None, True)):
        cli.sft(cli.RunOptions(config=str(tmp_path / "mine.yaml"), out=tmp_path / "run", minutes=minutes))
        assert ("Policy: " in capsys.readouterr().out) == says


@pytest.mark.parametrize("last", [2, 6], ids=["state", "policy"])
def test_a_full_disk_is_a_sentence_and_the_training_goes_on_once_there_is_room(last, tmp_path, shown):
    with trained.FullDisk(last, 10_000) as full, pytest.raises(RunError, match=r"cannot be written: .*make room"):
        sft.run(config(), tmp_path, listener=full)
    assert sft.run(config(), tmp_path).complete


def test_fewer_iterations_than_are_done_leave_the_policy_as_it_is(tmp_path, shown, monkeypatch):
    done = sft.run(config(), tmp_path)
    before = done.policy.read_bytes()
    monkeypatch.setattr(sft.sources, "demonstrations", lambda *_: pytest.fail("they are read again"))
    again = sft.run(config(iterations=3), tmp_path)
    assert again.complete and again.iterations == 6 and again.policy.read_bytes() == before


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Four demonstrations on the disk, of the cameras that the network has."""
    folder = tmp_path_factory.mktemp("demonstrations")
    demonstrated.collected(folder, demonstrated.job(), 4)
    return str(folder)


def learnt(folder, network=SMALL, listener=None, **given):
    given = config(demonstrations=(folder,), **given)
    return sources.demonstrations(given, network, Path("nowhere"), listener or Listener())


def test_takeovers_do_not_make_up_for_demonstrations_that_are_lacking(dataset):
    assert len(learnt(dataset, episodes=4, takeovers=(dataset,))) == 2 * len(learnt(dataset))
    with pytest.raises(ConfigError, match=r"6 are asked for, and .* hold 4"):
        learnt(dataset, episodes=6, takeovers=(dataset,))


def test_demonstrations_that_failed_are_counted_aloud(dataset, tmp_path):
    demonstrated.collected(tmp_path / "good", demonstrated.job(only_success=True), 4)
    for folder, notes in ((dataset, [f"1 of the 4 demonstrations in {dataset} failed"]), (str(tmp_path / "good"), [])):
        heard = Noting()
        learnt(folder, listener=heard)
        assert [note.partition(",")[0] for note in heard.notes] == notes


def test_places_are_learnt_in_the_picture_that_they_are_of(dataset, monkeypatch, tmp_path):
    other = dataclasses.replace(SMALL, cameras={"wrist": 16, "front": 32})
    for given in ({}, {"grounding": GROUNDING}):
        with pytest.raises(ConfigError, match=r"wrist is the first, .* of the pictures of front. Name front first"):
            learnt(dataset, other, **given)
    with pytest.raises(ConfigError, match="wrist is the first"):
        sources.stills(config(grounding=GROUNDING), other, tmp_path, Listener())
    assert len(learnt(dataset, other, grounding=GroundingConfig(weight=0.0))) == len(learnt(dataset))


@pytest.mark.parametrize("name", [layout.INFO, layout.EPISODES, layout.DATA.format(chunk_index=0, file_index=0)])
def test_a_damaged_dataset_is_a_sentence(name, dataset, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(dataset, folder)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RunError, match="damaged") as raised:
        learnt(str(folder))
    assert name in str(raised.value)


def test_a_dataset_whose_frames_are_gone_is_a_sentence(dataset, tmp_path):
    shutil.copytree(dataset, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "data")
    with pytest.raises(RunError, match="gone or damaged"):
        learnt(str(tmp_path / "copy"))


def test_a_network_for_other_states_is_refused():
    with pytest.raises(ConfigError, match="states have 15 numbers, and the policy is made for 14"):
        frames_of([Shown(9)], dataclasses.replace(SMALL, state_dim=14))


@pytest.mark.parametrize("given", [{"suite": "quikc"}, {"conditions": ("nominl",)}])
def test_a_score_that_cannot_be_is_refused_before_anything_is_learnt(tmp_path, shown, given):
    with pytest.raises(ConfigError, match=r"quikc|nominl"):
        sft.run(config(evaluation=EvaluationConfig(every=4, **given)), tmp_path)
    assert not (tmp_path / "log.jsonl").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("episodes: -1", "episodes: at least 1, not -1"),
        ("episodes: 0", "episodes: at least 1, not 0"),
        ("threads: -1", "threads: at least 0"),
        ("learning_rate: -0.1", "learning_rate: more than 0"),
        ("weight_decay: -1.0", "weight_decay: at least 0"),
        ("average: 1.5", "average: at least 0 and less than 1"),
        ("grounding: {iterations: -1}", "iterations: at least 0"),
        ("grounding: {iterations: 1, stills: 0}", "stills: at least 1"),
        ("grounding: {weight: .nan}", "weight: at least 0"),
        ("collect: {episodes: 0}", "episodes: at least 1"),
    ],
)
def test_a_number_that_means_nothing_is_refused_by_its_name(tmp_path, text, says):
    path = tmp_path / "mine.yaml"
    path.write_text(("" if "collect" in text else "demonstrations: [there]\n") + text)
    with pytest.raises(ConfigError) as raised:
        configs.read(SftConfig, "sft", str(path))
    assert str(raised.value).startswith(str(path)) and says in str(raised.value)
