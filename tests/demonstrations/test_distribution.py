"""The training distribution: which episodes it has, and which it never has."""

import dataclasses
from collections import Counter

import pytest

from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.demonstrations import distribution
from vlagen_bench.envs import registration
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import episode_from_dict
from vlagen_bench.scenes import specs

WORDS = distribution.load("words")
EPISODES = [WORDS.episode(index) for index in range(400)]
PACK = manifest.load(specs.of_task(WORDS.of_task).pack)


def ids(kind, split="train"):
    return {asset.id for asset in PACK.split(kind, split)}


def test_an_episode_depends_on_index_and_seed_alone():
    again = distribution.read(distribution._shipped()["words"])
    assert [again.episode(index) for index in (399, 7)] == [EPISODES[399], EPISODES[7]]
    assert WORDS.episode(7, seed=2_000_001).values != EPISODES[7].values
    assert distribution.reseeded(WORDS, 2_000_001).episode(7) == WORDS.episode(7, seed=2_000_001)
    assert len({episode.id for episode in EPISODES}) == 400


def test_every_episode_is_a_valid_one_that_can_be_read_back():
    for episode in EPISODES[:24]:
        assert episode_from_dict(episode.to_dict()) == episode


def test_only_training_assets_occur_and_all_of_them_do():
    assert {episode.values["object"] for episode in EPISODES} == ids("objects")
    assert {episode.values["receptacle"] for episode in EPISODES} == ids("receptacles")
    assert {episode.values["table"] for episode in EPISODES} == {table.id for table in PACK.split("tables", "train")}


@pytest.mark.parametrize(
    ("axis", "asked", "kind"),
    [("distractor_object", "object", "objects"), ("distractor_receptacle", "receptacle", "receptacles")],
)
def test_every_training_asset_is_a_distractor_and_never_what_is_asked_for(axis, asked, kind):
    mine = [episode for episode in EPISODES if axis in episode.values]
    assert {episode.values[axis]["id"] for episode in mine} == ids(kind)
    assert all(episode.values[axis]["id"] != episode.values[asked] for episode in mine)


def test_words_decide_in_every_second_episode_of_each_block():
    for start in range(0, 400, 8):
        block = Counter(episode.condition for episode in EPISODES[start : start + 8])
        assert block == {"words:alone": 4, "words:other_object": 2, "words:other_receptacle": 2}
    orders = {tuple(episode.condition for episode in EPISODES[start : start + 8]) for start in range(0, 400, 8)}
    assert len(orders) > 10
    for episode in EPISODES:
        axes = {"distractor_object", "distractor_receptacle"} & set(episode.values)
        assert len(axes) == (0 if episode.condition == "words:alone" else 1)


def test_a_lone_episode_differs_from_the_nominal_condition_by_its_words_only():
    alone = [episode for episode in EPISODES if episode.condition == "words:alone"]
    assert all(set(episode.values) == set(catalog.task(WORDS.task).nominal) for episode in alone)
    points = set(specs.of_task(WORDS.of_task).grid.points("inner"))
    assert {tuple(episode.values["position"]["source"]) for episode in alone} <= points


def test_there_are_eight_training_templates_beside_the_nominal_one_and_all_occur_in_all_parts():
    nominal = WORDS.of_task.nominal["instruction"]["templates"][0]
    assert len(set(WORDS.templates) - {nominal}) >= 8
    for part in WORDS.parts:
        mine = [episode for episode in EPISODES if episode.condition == f"words:{part}"]
        drawn = Counter(episode.values["instruction"]["template"] for episode in mine)
        assert set(drawn) == set(WORDS.templates)
        assert drawn[nominal] == max(drawn.values())


def test_no_template_is_one_that_a_task_tests():
    tested = {sentence for level in REWRITES for sentence in level}
    for task in map(catalog.task, catalog.task_names()):
        nominal = set(task.nominal["instruction"]["templates"])
        for condition in task.conditions.values():
            tested |= set(condition.perturb.get("instruction", {}).get("templates", ())) - nominal
    assert len(tested) > 60
    assert not {plain(text) for text in tested} & {plain(text) for text in WORDS.templates}


def plain(template):
    """In small letters, without full stop and articles: tasks write "put {source} on {target}"."""
    return template.lower().rstrip(".").replace("the ", "")


def test_training_seeds_are_apart_from_those_of_every_suite_and_of_gymnasium_ids():
    assert max(catalog.suite(name).seed for name in catalog.suite_names()) < distribution.FIRST_SEED
    assert registration.TRAINING_SEED < distribution.FIRST_SEED <= WORDS.seed
    for seed in (0, 1_999_999, -1):
        with pytest.raises(ConfigError, match=r"training seeds begin at 2000000"):
            WORDS.episode(0, seed=seed)


def test_a_task_without_a_mixture_has_its_nominal_condition():
    lone = distribution.nominal("bridge_put_on")
    assert set(lone.episode(0).values) == set(catalog.task("bridge_put_on").nominal)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"parts": {"a": {"count": 1, "axes": {"object": {"split": "test"}}}}}, "object: the split 'test' is kept"),
        ({"parts": {"a": {"count": 1, "axes": {"objekt": {}}}}}, "no axis 'objekt'. Did you mean 'object'"),
        ({"parts": {"a": {"count": 0}}}, "each with a count of 1 or more"),
        ({"parts": {}}, "at least one is needed"),
        ({"templates": ["place the {source} on the {target}"]}, "is a test of the axis instruction"),
        ({"parts": {"a": {"count": 1, "axes": {"instruction": {"rewrite": 2}}}}, "templates": []}, "kept for tests"),
        ({"seed": 5}, "training seeds begin at"),
        ({"name": "else"}, "called 'else' inside"),
        ({"colour": "red"}, "no key 'colour'"),
        (
            {"parts": {"a": {"count": 1, "axes": {"distractor_object": {}, "distractor_receptacle": {}}}}},
            "exclude each other: both take the third place",
        ),
    ],
)
def test_a_file_that_says_something_else_is_refused(tmp_path, change, sentence):
    import yaml

    plain = {**dataclasses.asdict(WORDS), "templates": list(WORDS.templates)}
    path = tmp_path / "words.yaml"
    path.write_text(yaml.safe_dump({**plain, **change}))
    with pytest.raises(ConfigError, match=r"words.yaml: .*") as caught:
        distribution.load(str(path))
    assert sentence in str(caught.value)


def test_an_unknown_distribution_is_named_with_those_that_exist():
    with pytest.raises(ConfigError, match=r"no distribution 'word'. Did you mean 'words'"):
        distribution.load("word")
    assert distribution.names() == ("words",)
