"""Taking the stages of another folder as done: interruptions, repetitions, and records that lack something or are of something else."""

import dataclasses
import shutil

import pytest

from helpers.adopted import WEIGHTS, Recorded, adopt, go, released
from helpers.studied import evaluation, product
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.policies import shipped
from vlagen_bench.train.study import elsewhere, page
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import records as stored


class Ended(Exception):
    """What `kill -9` is in a test."""


def test_repeating_it_takes_what_is_new_and_leaves_what_was_begun_here(tmp_path, docs, weights):
    adopt(tmp_path, docs)
    go(tmp_path / "second", Recorded(pauses={"ppo": 1}), only="ppo")
    assert adopt(tmp_path, docs) == ()
    assert folders.of(tmp_path / "second", "ppo").state() == "begun"


def test_an_interruption_while_they_are_taken_does_no_harm(tmp_path, docs, weights):
    adopt(tmp_path, docs)
    (tmp_path / "second" / "sft" / folders.DONE).unlink()
    assert adopt(tmp_path, docs) == ("sft",)
    assert go(tmp_path / "second", Recorded()).complete


@pytest.mark.parametrize("after", range(8))
def test_an_interruption_between_any_two_writes_leaves_nothing_that_looks_begun(
    tmp_path, docs, weights, monkeypatch, after
):
    left = [after]

    def counted(write):
        def wrapped(*arguments):
            if not left[0]:
                raise Ended
            left[0] -= 1
            return write(*arguments)

        return wrapped

    with monkeypatch.context() as patched:
        patched.setattr(folders, "write_atomically", counted(folders.write_atomically))
        patched.setattr(folders.shutil, "copyfile", counted(shutil.copyfile))
        with pytest.raises(Ended):
            adopt(tmp_path, docs)
    second = tmp_path / "second"
    assert all(folders.of(second, name).state() in ("new", "done") for name in ("demos", "sft", "score-gate"))
    adopt(tmp_path, docs)
    pretence = Recorded()
    assert go(second, pretence).complete
    assert pretence.worked == ["ppo", "score-ppo"]


def test_what_was_taken_in_part_is_made_anew_where_it_is_made_here(tmp_path, docs, weights):
    adopt(tmp_path, docs)
    second = tmp_path / "second"
    go(second, Recorded(), only="demos")
    (second / "sft" / folders.DONE).unlink()
    go(second, Recorded(), only="sft")
    assert folders.of(second, "sft").elsewhere() is None
    assert (product(second, "sft") / "policy.safetensors").read_bytes() != WEIGHTS


def test_weights_that_come_later_are_taken_when_the_command_is_repeated(tmp_path, docs, monkeypatch):
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "weights")
    adopt(tmp_path, docs)
    assert "ppo" in go(tmp_path / "second", Recorded()).blocked
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "reference-sft.safetensors").write_bytes(WEIGHTS)
    assert adopt(tmp_path, docs) == ("sft",)
    assert go(tmp_path / "second", Recorded()).complete


def test_records_that_lack_what_was_taken_before_lose_nothing(tmp_path, docs, weights):
    adopt(tmp_path, docs)
    second, fewer = tmp_path / "second", tmp_path / "fewer"
    before = stored.collect(released(), second)
    kept = stored.read(docs / page.DATA)
    stored.write(dataclasses.replace(kept, stages={"demos": kept.stages["demos"]}, tables={}), fewer)
    assert elsewhere.adopt(released(), second, fewer) == ()
    assert stored.collect(released(), second) == before


def test_records_that_are_gone_are_a_sentence_and_are_taken_again(tmp_path, docs, weights):
    adopt(tmp_path, docs)
    second = tmp_path / "second"
    (second / stored.TAKEN / stored.MANIFEST).unlink()
    with pytest.raises(RunError, match=r"no records of the stage demos.*--records"):
        stored.collect(released(), second)
    (second / stored.TAKEN / stored.MANIFEST).write_text("{")
    adopt(tmp_path, docs)
    assert "score-sft" in stored.collect(released(), second).tables


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"study": "other"}, "records of the study other"),
        ({"study": ""}, "has no records"),
        ({"tables": {}, "stages": {"sft": stored.StageRecord(state="done", content="0" * 64)}}, "with other settings"),
        ({"tables": {}, "stages": {"sft-9": stored.StageRecord(state="done")}}, "a stage sft-9 that"),
    ],
)
def test_records_of_something_else_are_refused(tmp_path, docs, change, said):
    records = dataclasses.replace(stored.read(docs / page.DATA), **change)
    stored.write(records, tmp_path / "wrong")
    with pytest.raises(ConfigError, match=said):
        elsewhere.adopt(released(), tmp_path / "second", tmp_path / "wrong")
    assert not (tmp_path / "second").exists()


def test_records_of_other_episodes_are_refused(tmp_path):
    records = stored.Records(
        study="small",
        stages={"score-sft": stored.StageRecord(state="done", plan="0" * 64, episodes=1)},
        tables={"score-sft": evaluation({"nominal": "1"})},
    )
    stored.write(records, tmp_path / "wrong")
    with pytest.raises(ConfigError, match="a stage score-sft that"):
        elsewhere.adopt(released(), tmp_path / "second", tmp_path / "wrong")
