"""Text becomes exactly the typed value that it says, or an error that says where and what is allowed."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from vlagen_bench.errors import ConfigError
from vlagen_bench.utils.parsing import build, load_yaml


@dataclass(frozen=True, kw_only=True)
class Pose:
    x_m: float
    y_m: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Sample:
    name: str
    count: int = 1
    on: bool = True
    kind: Literal["a", "b"] = "a"
    pose: Pose | None = None
    pair: tuple[float, float] = (0.0, 0.0)
    names: tuple[str, ...] = ()
    table: dict[str, Pose] = field(default_factory=dict)
    anything: Any = None


def sample(**entries) -> Sample:
    return build(Sample, {"name": "n"} | entries, "file.yaml")


def read(tmp_path, text: str):
    (tmp_path / "file.yaml").write_text(text, encoding="utf-8")
    return load_yaml(tmp_path / "file.yaml")


def test_nested_values_get_their_types():
    value = sample(pose={"x_m": 1}, pair=[1, 2.5], names=["p", "q"], table={"k": {"x_m": 2}}, anything=[1, "x"])
    assert value.pose == Pose(x_m=1.0)
    assert value.pair == (1.0, 2.5)
    assert isinstance(value.pair[0], float)
    assert value.names == ("p", "q")
    assert value.table == {"k": Pose(x_m=2.0)}
    assert value.anything == [1, "x"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"cuont": 2}, "file.yaml: There is no key 'cuont'. Did you mean 'count'"),
        ({"pose": {"x_n": 1}}, "file.yaml: pose: There is no key 'x_n'. Did you mean 'x_m'"),
        ({"pose": {"y_m": 1}}, "file.yaml: pose: the key 'x_m' is missing"),
        ({"table": {"k": {"x_m": "1"}}}, "file.yaml: table: k: x_m: expected a float, but it says '1'"),
        ({"count": "2"}, "count: expected an int, but it says '2'"),
        ({"count": 2.0}, "count: expected an int, but it says 2.0"),
        ({"count": True}, "count: expected an int, but it says True"),
        ({"on": 1}, "on: expected a bool"),
        ({"on": "yes"}, "on: expected a bool"),
        ({"kind": "c"}, "kind: expected one of 'a', 'b'"),
        ({"pair": [1]}, "pair: expected a list of 2"),
        ({"pair": 1}, "pair: expected a list"),
        ({"names": "pq"}, "names: expected a list"),
        ({"names": ["p", 2]}, r"names\[1\]: expected a str"),
        ({"pose": [1, 2]}, "pose: expected a mapping"),
        ({"table": []}, "table: expected a mapping"),
    ],
)
def test_what_does_not_fit_says_where_and_what_is_allowed(entries, message):
    with pytest.raises(ConfigError, match=message):
        sample(**entries)


def test_a_missing_key_is_named():
    with pytest.raises(ConfigError, match=r"the key 'name' is missing\. Needed: name"):
        build(Sample, {}, "file.yaml")


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_a_file_that_is_no_mapping_is_refused(value):
    with pytest.raises(ConfigError, match="expected a mapping"):
        build(Sample, value, "file.yaml")


def test_a_missing_file_and_broken_text_are_sentences(tmp_path):
    with pytest.raises(ConfigError, match="There is no file"):
        load_yaml(tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match=r"file.yaml is not valid YAML: .*line 3"):
        read(tmp_path, "a: 1\nb: [1,\n")
    (tmp_path / "file.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(ConfigError, match="not valid YAML"):
        load_yaml(tmp_path / "file.yaml")
    (tmp_path / "file.json").write_text('{"a": [1,')
    with pytest.raises(ConfigError, match=r"file.json is not valid JSON: "):
        load_yaml(tmp_path / "file.json")


@pytest.mark.parametrize("text", ["a: 1\na: 2\n", "x:\n  a: 1\n  b: 2\n  a: 3\n", "[{a: 1, a: 1}]"])
def test_a_key_that_stands_twice_is_refused(tmp_path, text):
    with pytest.raises(ConfigError, match="the key 'a' stands twice"):
        read(tmp_path, text)


@pytest.mark.parametrize("text", ["{[a]: b}", "a: 1\n? {b: c}\n: 2\n", "x:\n- ? [1, 2]\n  : 3\n"])
def test_a_key_that_is_no_word_is_a_sentence(tmp_path, text):
    with pytest.raises(ConfigError, match=r"file\.yaml, line \d: a key has to be a word or a number, not [{\[]"):
        read(tmp_path, text)


def test_yaml_cannot_make_objects(tmp_path):
    with pytest.raises(ConfigError, match="not valid YAML"):
        read(tmp_path, "a: !!python/object/apply:os.getcwd []\n")


@pytest.mark.parametrize(
    ("text", "read_as"),
    [("name: no\n", False), ("name: on\n", True), ("name: 012\n", 10), ("name: 1:30\n", 90), ("name: ~\n", None)],
)
def test_words_that_yaml_1_1_takes_for_something_else_are_refused_where_text_is_due(tmp_path, text, read_as):
    value = read(tmp_path, text)
    assert value == {"name": read_as}
    with pytest.raises(ConfigError, match="name: expected a str"):
        build(Sample, value, "file.yaml")


def test_a_number_that_yaml_1_1_takes_for_text_is_refused(tmp_path):
    # In YAML 1.1 a float needs a point and a signed exponent: 1e3 is text.
    with pytest.raises(ConfigError, match="x_m: expected a float, but it says '1e3'"):
        build(Pose, read(tmp_path, "x_m: 1e3\n"), "file.yaml")


def test_a_key_that_yaml_1_1_takes_for_a_bool_is_refused_as_unknown(tmp_path):
    with pytest.raises(ConfigError, match="There is no key 'True'"):
        build(Sample, read(tmp_path, "name: n\non: true\n"), "file.yaml")


def test_anchors_are_read_and_merges_too(tmp_path):
    assert read(tmp_path, "a: &x {k: 1}\nb: *x\n") == {"a": {"k": 1}, "b": {"k": 1}}


def test_a_file_that_is_nested_too_deeply_is_a_sentence(tmp_path):
    (tmp_path / "deep.yaml").write_text("a: " + "[" * 3000 + "]" * 3000)
    with pytest.raises(ConfigError, match=r"deep\.yaml is nested too deeply"):
        load_yaml(tmp_path / "deep.yaml")
