"""Rewritten instructions: each level is further from the plain sentence."""

from itertools import pairwise

import numpy as np
import pytest

from helpers.semantics import BRIDGE, TABLETOP, draft, values
from vlagen_bench import axes
from vlagen_bench.axes.shared.rewrites import REWRITES
from vlagen_bench.axes.shared.wording import words_changed
from vlagen_bench.calibration import certify
from vlagen_bench.errors import ConfigError
from vlagen_bench.packs import manifest
from vlagen_bench.scenes import specs
from vlagen_bench.utils.seeding import stream


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [
        ("Put the pear on the plate.", "put the pear on the plate", 0.0),
        ("set the pear on the plate", "put the pear on the plate", 1 / 6),
        ("please put the pear on the plate", "put the pear on the plate", 1 / 7),
        ("pear plate", "plate pear", 1.0),
        ("", "", 0.0),
        ("", "put it", 1.0),
    ],
)
def test_the_share_of_words_that_changed(first, second, share):
    assert words_changed(first, second) == words_changed(second, first) == pytest.approx(share)


@pytest.mark.parametrize("task", [TABLETOP, BRIDGE], ids=lambda task: task.name)
def test_each_level_of_rewriting_is_further_from_the_plain_sentence(task):
    pack = manifest.load(specs.scene(task.scene).pack)
    (plain,) = task.nominal["instruction"]["templates"]
    for source, target in zip(pack.objects, (*pack.receptacles, *pack.receptacles), strict=False):
        names = {"source": source.name, "target": target.name}
        means = [
            np.mean([words_changed(template.format(**names), plain.format(**names)) for template in level])
            for level in REWRITES
        ]
        assert means[0] > 0.1 and all(one < other for one, other in pairwise(means)), names


def test_rewrites_are_many_all_different_and_name_both_once_or_more():
    assert len(REWRITES) == 5 and len({len(level) for level in REWRITES}) == 1 and len(REWRITES[0]) >= 8
    every = [template for level in REWRITES for template in level]
    assert len(set(every)) == len(every)
    for template in every:
        text = template.format(source="toy car", target="plate")
        assert "toy car" in text and "plate" in text and not certify.UNCLEAN.search(text)


def test_a_level_of_rewriting_tells_the_same_task_otherwise():
    plain, told = values("nominal", 3), values("instruction_l5", 3)
    assert {**plain, "instruction": None} == {**told, "instruction": None}
    assert words_changed(plain["instruction"]["text"], told["instruction"]["text"]) > 0.7


def test_templates_of_a_task_are_drawn_as_ever():
    axis = axes.make("instruction", {"templates": ["put {source} on {target}", "{source} on {target}!"]}, "here")
    told = axis.sample(stream(3, "a"), draft({"object": "apple", "receptacle": "plate"}))
    assert told == axis.pick(int(stream(3, "a").randint(2)), draft({"object": "apple", "receptacle": "plate"}))
    assert told["text"] in ("put apple on plate", "apple on plate!")


@pytest.mark.parametrize(("parameters", "why"), [({}, "no sentence"), ({"rewrite": 6}, "is 6 .*from 0 to 5")])
def test_an_instruction_without_words_is_refused(parameters, why):
    with pytest.raises(ConfigError, match=why):
        axes.make("instruction", parameters, "here")
