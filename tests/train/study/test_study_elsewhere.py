"""A study that goes on from the records of stages that were done in another folder."""

import dataclasses
import shutil

import pytest

from helpers.places import TOP
from helpers.studied import Pretence, evaluation, product, score_by_rule, small
from vlagen_bench.cli import study as commands
from vlagen_bench.errors import ConfigError, RunError
from vlagen_bench.policies import shipped
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study import elsewhere, page, rescoring, runner
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import records as stored
from vlagen_bench.train.study.folder import Piece

WEIGHTS = b"weights that are shipped"


class Recorded(Pretence):
    """Evaluations leave real run folders, so that there are tables."""

    def __call__(self, job):
        if job.stage.score is None:
            return super().__call__(job)
        self.worked.append(job.stage.name)
        assert all(path.exists() for path in job.inputs.values()), "a stage begins only when its inputs are there"
        score_by_rule(job, lambda episode: "success" if episode.index == 0 else "failure")
        job.folder.add(Piece(began="2026-01-01T00:00:00+00:00", wall_s=60.0, core_s=90.0, peak_bytes=2_000_000))
        return True


def released() -> configs.StudyConfig:
    """The small study, whose supervised policy is shipped."""
    config = small()
    stages = [dataclasses.replace(one, released="reference-sft") if one.name == "sft" else one for one in config.stages]
    return dataclasses.replace(config, stages=tuple(stages))


def go(out, pretence, **options):
    return runner.run(
        released(), out, steps=pretence.steps, gate_rate=lambda path: 1.0, say=lambda text: None, **options
    )


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The released policy's file."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "reference-sft.safetensors").write_bytes(WEIGHTS)
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "weights")


@pytest.fixture
def no_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "folder", lambda: tmp_path / "nowhere")


@pytest.fixture
def docs(tmp_path):
    """The docs with the records of the supervised half, whose folder is gone."""
    first = tmp_path / "first"
    for name in ("demos", "sft", "score-gate", "score-sft"):
        go(first, Recorded(), only=name)
    go(first, Recorded(), only="gate")
    page.update(released(), first, tmp_path / "docs")
    shutil.rmtree(first)
    return tmp_path / "docs"


def adopt(tmp_path, docs):
    return elsewhere.adopt(released(), tmp_path / "second", docs / page.DATA)


def test_what_was_done_elsewhere_is_not_done_again_and_the_rest_is_made_from_released_weights(tmp_path, docs, weights):
    assert adopt(tmp_path, docs) == ("demos", "sft", "score-gate", "gate", "score-sft")
    pretence = Recorded()
    assert go(tmp_path / "second", pretence).complete
    assert pretence.worked == ["ppo", "score-ppo"]
    assert (product(tmp_path / "second", "sft") / "policy.safetensors").read_bytes() == WEIGHTS


def test_the_records_of_both_folders_come_together_and_the_page_says_of_what(tmp_path, docs, weights):
    before = stored.read(docs / page.DATA)
    adopt(tmp_path, docs)
    go(tmp_path / "second", Recorded())
    page.update(released(), tmp_path / "second", docs)
    after = stored.read(docs / page.DATA)
    assert set(after.tables) == {"score-gate", "score-sft", "score-ppo"}
    assert {name: after.stages[name] for name in before.stages} == before.stages, "with their costs"
    assert after.tables["score-sft"] == before.tables["score-sft"] and len(after.promises) == 1
    assert after.stages["ppo"].released == ("reference-sft",) and after.stages["score-ppo"].released == ()
    text = (docs / page.PAGE).read_text()
    assert "`ppo` is made from the released weights of reference-sft" in text and "`score-ppo` is made from" not in text


def test_without_released_weights_what_is_made_from_a_stage_waits_until_it_is_made_here_too(tmp_path, docs, no_weights):
    adopt(tmp_path, docs)
    pretence = Recorded()
    ended = go(tmp_path / "second", pretence)
    assert pretence.worked == [] and "nothing of it is here" in ended.blocked["ppo"]
    with pytest.raises(ConfigError, match="--only ppo: ppo is made from sft, which is done elsewhere"):
        go(tmp_path / "second", pretence, only="ppo")
    with pytest.raises(ConfigError, match=r"--only demos$"):
        go(tmp_path / "second", pretence, only="sft")
    for name in ("demos", "sft", "ppo"):
        go(tmp_path / "second", pretence, only=name)
    assert pretence.worked == ["demos", "sft", "ppo"]


def test_a_stage_that_is_made_again_is_compared_with_the_records(tmp_path, docs, monkeypatch):
    adopt(tmp_path, docs)
    second = tmp_path / "second"
    assert elsewhere.sameness(released(), second, "demos") is None, "not made here"
    go(second, Recorded(), only="demos")
    assert "is that of the records" in elsewhere.sameness(released(), second, "demos")
    go(second, Recorded(), only="sft")
    assert "is that of the records" in elsewhere.sameness(released(), second, "sft")
    remade(second, "sft")
    assert "is not that of the records" in elsewhere.sameness(released(), second, "sft")
    assert elsewhere.sameness(released(), second, "ppo") is None, "the records do not have it"


def remade(out, name):
    """A training that came out differently."""
    (product(out, name) / "policy.safetensors").write_text("of another machine")
    folders.of(out, name).finish()


def test_how_long_a_stage_took_is_no_difference_of_its_result(tmp_path, docs):
    """The files of demonstrations and of evaluations say it, so that their hashes differ each time."""
    adopt(tmp_path, docs)
    second = tmp_path / "second"
    go(second, Recorded(), only="demos")
    (product(second, "demos") / "data").write_text("the same demonstrations, in another time")
    folders.of(second, "demos").finish()
    assert "is not known" in elsewhere.sameness(released(), second, "demos")
    for name in ("sft", "score-sft"):
        go(second, Recorded(), only=name)
    record = product(second, "score-sft") / "episodes.jsonl"
    record.write_text(record.read_text().replace("\n", " \n"))
    folders.of(second, "score-sft").finish()
    assert folders.of(second, "score-sft").product_hash() != stored.read(docs / page.DATA).stages["score-sft"].product
    assert "is that of the records" in elsewhere.sameness(released(), second, "score-sft")


def test_the_page_says_what_was_made_from_an_earlier_result(tmp_path, docs):
    adopt(tmp_path, docs)
    second = tmp_path / "second"
    for name in ("demos", "sft"):
        go(second, Recorded(), only=name)
    assert not any(one.others for one in stored.collect(released(), second).stages.values()), "the same weights"
    remade(second, "sft")
    page.update(released(), second, docs)
    found = {name: one.others for name, one in stored.read(docs / page.DATA).stages.items() if one.others}
    assert found == {"score-gate": ("sft",), "score-sft": ("sft",)}
    assert "`score-sft` is made from an earlier result of `sft`." in (docs / page.PAGE).read_text()


def test_a_stage_is_not_made_again_where_its_stand_in_was_used(tmp_path, docs, weights):
    """It would come out otherwise, and what was made from the stand-in would be refused from then on."""
    adopt(tmp_path, docs)
    second = tmp_path / "second"
    go(second, Recorded(pauses={"ppo": 1}), only="ppo")
    go(second, Recorded(), only="demos")
    with pytest.raises(ConfigError, match="--only sft: ppo is made here from the weights that stand in for it"):
        go(second, Recorded(), only="sft")
    shutil.rmtree(second / "ppo")
    assert go(second, Recorded(), only="sft").finished == ("sft",)


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


class Ended(Exception):
    """What `kill -9` is in a test."""


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


def test_evaluations_of_another_folder_are_not_played_again(tmp_path, docs):
    adopt(tmp_path, docs)
    said = list(rescoring.again(released(), tmp_path / "second", 2))
    assert said == [
        (f"{name}: done elsewhere, so that its actions are not here.", False) for name in ("score-gate", "score-sft")
    ]


def test_promises_of_two_folders_are_joined_the_same_each_time():
    a, b, again, c = (
        stored.Promise(fingerprint=mark, since=f"2026-01-0{day}T00:00:00+00:00")
        for mark, day in (("a", 1), ("b", 2), ("b", 3), ("c", 4))
    )
    once = stored.joined((a, b), (again, c))
    assert once == (a, b, c) == stored.joined(once, (again, c))


def test_a_report_of_another_study_does_not_replace_the_records(tmp_path, docs):
    """Its stages may have the same names, as those of the toy study have."""
    other = dataclasses.replace(released(), name="other")
    out = tmp_path / "other"
    for name in ("demos", "sft", "score-gate", "score-sft"):
        runner.run(other, out, steps=Recorded().steps, gate_rate=lambda path: 1.0, only=name, say=lambda text: None)
    runner.run(other, out, steps={}, gate_rate=lambda path: 1.0, only="gate", say=lambda text: None)
    before = {path: path.read_bytes() for path in docs.rglob("*") if path.is_file()}
    for folder in (out, tmp_path / "nowhere"):
        with pytest.raises(ConfigError, match=r"records of the study small, and this is other: .* --docs DIR"):
            page.update(other, folder, docs)
    assert {path: path.read_bytes() for path in docs.rglob("*") if path.is_file()} == before


def test_results_are_not_lost_by_a_report_of_another_folder(tmp_path, docs):
    go(tmp_path / "other", Recorded(), only="demos")
    before = {path: path.read_bytes() for path in (docs / page.DATA).iterdir()}
    with pytest.raises(ConfigError, match=r"sft, score-gate, gate, score-sft, which .* has not: they would be lost"):
        page.update(released(), tmp_path / "other", docs)
    assert {path: path.read_bytes() for path in (docs / page.DATA).iterdir()} == before


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


def test_only_a_training_is_released():
    stages = [{"name": "demos", "released": "reference-sft", "collect": {"episodes": 4, "seed": 2_000_000}}]
    config = small(stages=stages, hypotheses=[])
    with pytest.raises(ConfigError, match=r"released: .*reference-sft"):
        configs._check(config, "small")


def test_the_committed_records_are_gone_on_with_by_one_option(tmp_path, capsys):
    """The study's own: everything that is recorded is taken, and reinforcement learning may begin from what is shipped."""
    study, out = configs.load("study"), tmp_path / "out"
    taken = elsewhere.adopt(study, out, TOP / "docs" / page.DATA)
    assert {"sft", "gate", "score-sft", "ppo-1", "score-ppo-1"} <= set(taken)
    for name in ("sft", "ppo-1"):
        assert folders.fingerprint(product(out, name)) == folders.of(out, name).product_hash()
    again = stored.collect(study, out)
    kept = stored.read(TOP / "docs" / page.DATA)
    assert {name: again.stages[name] for name in taken} == {name: kept.stages[name] for name in taken}
    assert again.tables == kept.tables
    with pytest.raises(ConfigError, match="sft-250: sft-250 is made from demonstrations"):
        commands.run(out=out, only="sft-250", records=TOP / "docs" / page.DATA)
