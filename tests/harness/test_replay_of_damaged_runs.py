"""Damaged run folders cannot be replayed: a sentence each."""

import json

import numpy as np
import pytest

from vlagen_bench.cli.replay import replay as command
from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.runs import episodes

pytestmark = [pytest.mark.sim, pytest.mark.usefixtures("tiny")]


def _edit_plan(run):
    content = json.loads((run / "plan.json").read_text())
    content["episodes"][0]["values"]["object"] = "banana2"
    (run / "plan.json").write_text(json.dumps(content))


def _type(run):
    content = json.loads((run / "plan.json").read_text())
    content["episodes"][0]["task"] = ["tabletop_put_on@1"]
    (run / "plan.json").write_text(json.dumps(content))


def _shape(run):
    name = episodes.read(run).plan.episodes[0].id
    np.savez(
        run / "actions" / f"{name}.npz", actions=np.zeros((99, 6), np.float32), state_hashes=np.zeros(4, np.uint64)
    )


def _dtype(run):
    name = episodes.read(run).plan.episodes[0].id
    np.savez(run / "actions" / f"{name}.npz", actions=np.zeros((99, 7)), state_hashes=np.zeros(4, np.uint64))


def _pickle(run):
    name = episodes.read(run).plan.episodes[0].id
    np.savez(run / "actions" / f"{name}.npz", actions=np.array([{}], object), state_hashes=np.zeros(999, np.uint64))


@pytest.mark.parametrize(("spoil", "says"), [
    (_edit_plan, "it was edited"),
    (_type, "expected a str"),
    (_shape, "where float32 (T, 7) belongs"),
    (_dtype, "holds float64"),
    (_pickle, "is damaged"),
    (lambda run: (run / "plan.json").write_text("{}"), "plan.json cannot be read"),
    (lambda run: (run / "header.json").unlink(), "is not a run folder"),
])  # fmt: skip
def test_a_damaged_run_is_a_sentence(run, spoil, says):
    spoil(run)
    with pytest.raises(VlagenError) as caught:
        list(episodes.of_run(run))
    assert says in str(caught.value)


def test_an_unknown_episode_is_a_sentence(run):
    with pytest.raises(RunError, match="0 recorded episodes whose id begins with 'zz'"):
        command(run, "zz")
