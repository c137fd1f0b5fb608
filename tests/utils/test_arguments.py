"""The check of a public function's arguments."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack

import numpy as np
import pytest

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils.arguments import checked


class More(TypedDict, total=False):
    depth_m: float


@checked("score()")
def score(
    policy: Any,
    count: int | None = None,
    *,
    names: str | Sequence[str] = (),
    flag: bool = False,
    size_m: float = 1.0,
    film: Literal["all", "none"] = "all",
    place: str | Path = "here",
    more: Mapping[str, Any] | None = None,
    **rest: Unpack[More],
) -> dict[str, Any]:
    return {"count": count, "flag": flag, "size_m": size_m, **rest}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"cont": 3}, "score() has no option 'cont'. Did you mean 'count'? There are: count, depth_m, film,"),
        ({"count": "1"}, "score(): count is a whole number or None, not '1'."),
        ({"count": 1.0}, "score(): count is a whole number or None, not 1.0."),
        ({"count": True}, "score(): count is a whole number or None, not True."),
        ({"names": 3}, "score(): names is a string or a list of strings, not 3."),
        ({"names": ["a", 1]}, "score(): names is a string or a list of strings, not ['a', 1]."),
        ({"flag": 1}, "score(): flag is True or False, not 1."),
        ({"size_m": "1"}, "score(): size_m is a number, not '1'."),
        ({"film": "al"}, "score(): There is no film 'al'. Did you mean 'all'? There are: all, none."),
        ({"film": None}, "score(): film is 'all' or 'none', not None."),
        ({"place": 3}, "score(): place is a string or a Path, not 3."),
        ({"more": [1]}, "score(): more is a dictionary or None, not [1]."),
        ({"more": {1: 2}}, "score(): more is a dictionary or None, not {1: 2}."),
        ({"depth_m": None}, "score(): depth_m is a number, not None."),
    ],
)
def test_a_wrong_argument_is_one_sentence(given, says):
    with pytest.raises(ConfigError) as caught:
        score("policy", **given)
    assert str(caught.value).startswith(says)


def test_positional_arguments_are_checked_alike():
    with pytest.raises(ConfigError, match="count is a whole number or None, not 'a'"):
        score("policy", "a")
    assert score("policy", 3)["count"] == 3


def test_numbers_of_numpy_become_pythons_own():
    found = score("policy", count=np.int64(2), flag=np.bool_(True), size_m=np.float32(0.5), depth_m=1)
    assert found == {"count": 2, "flag": True, "size_m": 0.5, "depth_m": 1.0}
    assert [type(value) for value in found.values()] == [int, bool, float, float]


def test_names_may_be_a_tuple_or_list():
    for names in ("a,b", ["a", "b"], ("a",)):
        assert score("policy", names=names, place=Path("x"), more={"a": 1})
