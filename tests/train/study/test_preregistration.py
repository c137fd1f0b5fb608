"""The preregistration: the committed page is of the shipped study, and says what differs."""

import dataclasses

import pytest

from helpers.places import TOP
from vlagen_bench.cli import study as commands
from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.power import paired_power
from vlagen_bench.train.study import config as configs
from vlagen_bench.train.study import power, preregistration

PAGE = TOP / "docs" / "study" / "preregistration.md"


def test_the_committed_page_is_of_the_shipped_study():
    assert preregistration.compare(configs.load("study"), PAGE) is None


@pytest.fixture
def toy():
    return configs.load("toy")


def test_a_changed_hypothesis_is_found(toy, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(preregistration.page(toy))
    assert preregistration.compare(toy, path) is None
    other = dataclasses.replace(toy.hypotheses[0], effect=0.3)
    difference = preregistration.compare(dataclasses.replace(toy, hypotheses=(other,)), path)
    assert "was written for other hypotheses" in difference


def test_an_edited_page_is_found(toy, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(preregistration.page(toy).replace("+15.7", "+1.57"))
    assert "it was edited" in preregistration.compare(toy, path)


def test_a_page_without_a_fingerprint_is_refused(toy, tmp_path):
    path = tmp_path / "page.md"
    path.write_text("# Mine\n")
    with pytest.raises(ConfigError, match="no preregistration"):
        preregistration.compare(toy, path)


def test_estimates_are_not_fixed_before_the_runs(toy):
    slower = dataclasses.replace(toy, stages=tuple(dataclasses.replace(stage, core_hours=99.0) for stage in toy.stages))
    assert preregistration.fingerprint(slower) == preregistration.fingerprint(toy)


def test_the_power_of_one_condition_is_mcnemars():
    config = configs.load("study")
    first = config.hypotheses[0]
    assert power.power_of(config, first) == paired_power(192, 0.157, 0.33, 0.05 / 9)


def test_pooled_conditions_count_as_fewer_pairs_than_they_are():
    config = configs.load("study")
    execution = next(one for one in config.hypotheses if one.primary)
    assert 192 < power.effective_pairs(config, execution) < 4 * 192


def test_exploratory_hypotheses_are_in_no_family():
    config = configs.load("study")
    assert {one.family: power.family(config, one) for one in config.hypotheses} == {
        "confirmatory": 9,
        "confirmation": 2,
        "exploratory": 1,
    }


def test_a_gain_beyond_another_has_less_power_the_smaller_it_is():
    config = configs.load("study")
    beyond = next(one for one in config.hypotheses if one.beyond)
    less = dataclasses.replace(beyond, effect=beyond.effect / 2)
    assert 0.05 < power.power_of(config, less) < power.power_of(config, beyond) < 1


def test_plan_writes_the_page_and_finds_it_again(tmp_path, capsys):
    page = tmp_path / "study" / "preregistration.md"
    assert commands.plan("toy", preregistration=page) == 0
    assert "no preregistration" in capsys.readouterr().out
    assert commands.plan("toy", preregistration=page, write=True) == 0
    capsys.readouterr()
    assert commands.plan("toy", preregistration=page) == 0
    said = capsys.readouterr().out
    assert "is of this study" in said and "score-ppo-1" in said and "core-hours in all" in said


def test_plan_of_another_study_does_not_replace_the_page(tmp_path):
    page = tmp_path / "preregistration.md"
    page.write_text("# Preregistration of the study\n")
    for write in (False, True):
        with pytest.raises(ConfigError, match="is of another study, study, and this is toy"):
            commands.plan("toy", preregistration=page, write=write)
    assert page.read_text() == "# Preregistration of the study\n"


def test_plan_of_other_hypotheses_exits_with_1(tmp_path, capsys):
    page = tmp_path / "preregistration.md"
    page.write_text(preregistration.page(configs.load("toy")).replace("Fingerprint: `", "Fingerprint: `0")[:-1])
    text = page.read_text()
    mark = preregistration.fingerprint(configs.load("toy"))
    page.write_text(text.replace(f"0{mark}", "0" * 64))
    assert commands.plan("toy", preregistration=page) == 1
    assert "--write" in capsys.readouterr().out
