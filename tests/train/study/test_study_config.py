"""The configuration of a study: stages in order, references that fit, and hypotheses whose episodes are scored."""

import dataclasses

import pytest
import yaml

from helpers.places import TOP
from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study.stages import Gate, Score, Stage

STUDY = TOP / "tasks" / "study"


def written(folder, change):
    """The toy study, changed, as a file."""
    said = yaml.safe_load((STUDY / "toy.yaml").read_text())
    change(said)
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(said, sort_keys=False))
    return str(path)


def stage(said, name):
    return next(one for one in said["stages"] if one["name"] == name)


@pytest.mark.parametrize("name", configs.shipped())
def test_every_stage_comes_after_all_that_it_needs(name):
    order = [one.name for one in configs.load(name).order]
    for one in configs.load(name).stages:
        assert all(order.index(needed) < order.index(one.name) for needed in one.needs), one.name
    assert sorted(order) == sorted(one.name for one in configs.load(name).stages)


@pytest.mark.parametrize("name", configs.shipped())
def test_reinforcement_learning_waits_for_the_gate(name):
    config = configs.load(name)
    assert all("gate" in one.after for one in config.stages if one.train and one.train.algorithm != "sft")


def test_no_training_has_a_seed_of_the_scored_episodes():
    config = configs.load("study")
    scored = {one.score.chosen.seed for one in config.stages if one.score is not None}
    trained = {one.collect.seed for one in config.stages if one.collect is not None}
    assert scored == {500_000, 500_001} and min(trained) >= 2_000_000
    assert catalog.suite("study").seed == catalog.suite("study-confirmation").seed == 500_000


def test_the_gate_spends_none_of_the_scored_episodes():
    config = configs.load("study")
    assert config.by_name["score-gate"] not in config.scores_of("sft")
    assert config.by_name["score-sft"] in config.scores_of("sft")


def test_dynamics_and_the_push_are_scored_after_everything_confirmatory():
    config = configs.load("study")
    order = [one.name for one in config.order]
    last = max(order.index(f"score-{name}") for name in ("sft", "ppo-1", "ppo-2"))
    assert all(order.index(f"confirm-{name}") > last for name in ("sft", "ppo-1", "ppo-2"))
    families = {one.split("_l")[0] for one in catalog.suite("study-confirmation").conditions}
    assert not families & {one.split("_l")[0] for one in catalog.suite("study").conditions}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda said: stage(said, "sft")["train"].update(data=["demos"]), "no stage 'demos'"),
        (lambda said: stage(said, "sft")["train"].update(start="gate"), "'gate' is a stage of kind gate, not train"),
        (lambda said: stage(said, "sft").update(gate={"score": "score-gate", "rate": 0.5}), "exactly one of"),
        (lambda said: stage(said, "sft").update(after=["score-sft"]), "in a circle"),
        (lambda said: stage(said, "gate")["gate"].update(rate=50), "from 0 to 1, not 50"),
        (lambda said: said["stages"].append(said["stages"][0]), "stands twice"),
        (lambda said: said["hypotheses"][0].update(conditions=["push_l3"]), "no stage scores ppo-1 under push_l3"),
        (lambda said: said["hypotheses"][0].update(effekt=0.1), "effekt"),
        (lambda said: said.update(goal={"hypothesis": "H9", "at_least": 0.1, "p": 0.01}), "no hypothesis 'H9'"),
    ],
)
def test_what_does_not_fit_is_a_sentence(tmp_path, change, sentence):
    with pytest.raises(ConfigError, match=r"mine\.yaml") as error:
        configs.load(written(tmp_path, change))
    assert sentence in str(error.value)


def test_an_unknown_study_names_those_that_exist():
    with pytest.raises(ConfigError, match="study"):
        configs.load("stduy")


def test_estimates_and_remarks_change_no_stage():
    config = configs.load("toy")
    sft = config.by_name["sft"]
    later = dataclasses.replace(sft, core_hours=9.0, about="slower here")
    other = dataclasses.replace(sft, train=dataclasses.replace(sft.train, settings={"seed": 2}))
    assert config.content_of(later) == config.content_of(sft) != config.content_of(other)


def test_a_stage_is_made_from_what_it_names():
    one = Stage(name="b", score=Score(policy="a", suite="study"), after=("c",))
    assert (one.inputs, one.needs, one.kind) == (("a",), ("a", "c"), "score")
    assert Stage(name="g", gate=Gate(score="s", rate=0.5)).inputs == ("s",)
