"""The study of progress against success."""

import numpy as np
import pytest

from helpers.places import TOP
from vlagen_bench.diagnostics import progress_study
from vlagen_bench.diagnostics.progress_study import Scores, needs, power, read, record, table


def scores(random, rate, scenes=200):
    """Failures come to any of five stages."""
    success = (random.random(scenes) < rate).astype(float)
    return Scores(success=success, progress=np.where(success == 1, 1.0, random.integers(0, 6, scenes) / 6))


def test_progress_tells_apart_what_success_cannot():
    random = np.random.default_rng(0)
    nothing = np.zeros(100)
    near, far = Scores(success=nothing, progress=nothing + 5 / 6), Scores(success=nothing, progress=nothing + 1 / 6)
    (need,) = needs({"near": near, "far": far}, draws=20)
    assert need.by_success is None and need.by_progress == progress_study.SIZES[0]
    same = scores(random, 0.5)
    (need,) = needs({"a": same, "b": same}, draws=20)
    assert need.by_success is None and need.by_progress is None


def test_power_is_the_share_of_draws_that_differ():
    assert power(np.ones(50), 8, by_success=True, draws=20) == 1.0
    assert power(np.zeros(50), 8, by_success=False, draws=20) == 0.0
    random = np.random.default_rng(1)
    alike = random.choice((-1.0, 0.0, 1.0), 400)
    assert power(alike - alike.mean(), 64, by_success=False, draws=100) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)


def test_the_table_in_the_documentation_is_made_from_the_records():
    recorded = read(TOP / progress_study.RECORDS)
    text = (TOP / "docs" / "statistics.md").read_text(encoding="utf-8")
    assert len(recorded) == len(progress_study.ERRORS_M)
    assert [line for line in table(recorded, list(needs(recorded))) if line not in text] == []


@pytest.mark.sim
def test_policies_are_recorded_on_the_same_scenes(tmp_path, monkeypatch):
    monkeypatch.setattr(progress_study, "ERRORS_M", (0.0, 0.2))
    policy = str(TOP / "examples" / "worsened_expert.py") + ":WorsenedExpert"
    record(policy, "tabletop_put_on", "nominal", 2, tmp_path / "records.csv")
    recorded = read(tmp_path / "records.csv")
    assert list(recorded) == ["0.0", "0.2"]
    assert recorded["0.0"].success.tolist() == [1, 1] and recorded["0.0"].progress.tolist() == [1, 1]
    assert recorded["0.2"].success.tolist() == [0, 0] and max(recorded["0.2"].progress) < 1
