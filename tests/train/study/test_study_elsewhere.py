"""A study that goes on from the records of stages that were done in another folder."""

import dataclasses
import shutil

import pytest

from helpers.adopted import WEIGHTS, Recorded, adopt, go, released, remade
from helpers.places import TOP
from helpers.studied import product, small
from vlagen_bench.cli import study as commands
from vlagen_bench.errors import ConfigError
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study import elsewhere, page, rescoring, runner
from vlagen_bench.train.study import folder as folders
from vlagen_bench.train.study import records as stored


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
    assert "rounded to half precision, stand in for them in `ppo`: `sft` was done in another folder" in text
    assert "`sft` is built in, as `reference-sft`." in text


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
    said = []
    page.update(released(), second, docs, say=said.append)
    assert said == []
    remade(second, "sft")
    page.update(released(), second, docs, say=said.append)
    assert said == [f"Of these stages {docs / page.DATA} had other results, which are now replaced: sft."]
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


def test_a_stage_of_no_such_name_leaves_no_folder(tmp_path):
    with pytest.raises(ConfigError, match=r"no stage 'pppo'.*of the study study"):
        commands.run(out=tmp_path / "out", only="pppo", records=TOP / "docs" / page.DATA)
    assert not (tmp_path / "out").exists()


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
