"""A study that goes on from the records of stages that were done in another folder."""

import dataclasses
import shutil

import pytest

from helpers.places import TOP
from helpers.studied import Pretence, evaluation, product, score_by_rule, small
from vlagen_bench.cli import study as commands
from vlagen_bench.errors import ConfigError
from vlagen_bench.policies import shipped
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study import elsewhere, page, runner
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
    assert "`ppo` began from the released weights of reference-sft" in text and "`score-ppo` began" not in text


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
    assert elsewhere.sameness(second, "demos") is None, "not made here"
    go(second, Recorded(), only="demos")
    assert "to the bit" in elsewhere.sameness(second, "demos")
    go(second, Recorded(), only="sft")
    (product(second, "sft") / "policy.safetensors").write_text("of another machine")
    folders.of(second, "sft").finish()
    assert "is not that of the records" in elsewhere.sameness(second, "sft")
    assert elsewhere.sameness(second, "ppo") is None, "the records do not have it"


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
