"""Episodes that are begun again without an error of their own: each beginning is an attempt, and is counted."""

import json

import pytest

from helpers.fakes import Batcher, Stepper
from helpers.runs import PLAN
from helpers.workers import VICTIM, go, trapped
from vlagen_bench.runs import episodes
from vlagen_bench.runs.folder import RunFolder


class FailsInCompany(Batcher):
    """Raises whenever it is asked for several episodes at once: in its place another policy would for those it dislikes."""

    def act_batch(self, observations, instrs):
        if len(observations) > 1:
            raise RuntimeError("out of memory")
        return super().act_batch(observations, instrs)


def attempts(path):
    return {name: record["attempts"] for name, record in RunFolder.reading(path).results.items()}


@pytest.mark.slow
def test_episodes_of_a_batch_that_failed_have_two_attempts(tmp_path):
    go(tmp_path, FailsInCompany())
    counted = attempts(tmp_path)
    assert set(counted.values()) <= {1, 2} and 2 in counted.values()
    lines = [json.loads(line) for line in (tmp_path / "episodes.jsonl").read_text().splitlines()]
    assert {line["id"]: 1 + line.get("restarts", 0) for line in lines} == counted
    assert {record["outcome"] for record in lines} == {"success"}


@pytest.mark.slow
def test_an_episode_that_lost_its_worker_has_two_attempts(tmp_path):
    go(tmp_path / "run", Stepper(), trapped("kill", tmp_path / "traps"))
    assert attempts(tmp_path / "run") == {one.id: 1 + (one.id == VICTIM.id) for one in PLAN.episodes}
    record = episodes.read(tmp_path / "run").results[VICTIM.id]
    assert record.restarts == 1 and record.to_dict()["restarts"] == 1
