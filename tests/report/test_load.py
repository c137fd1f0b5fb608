"""A run as two frames."""

import pandas as pd
import pytest

import vlagen_bench
from helpers.compared import CONDITIONS, weak
from vlagen_bench.statistics.paired import tango


def test_a_run_is_two_frames(made):
    run = vlagen_bench.load_run(made("a", lambda e: {3: "error", 4: None}.get(e.index, weak(e))))
    assert run.conditions.index.tolist() == list(CONDITIONS)
    lit = run.conditions.loc["lighting_l3"]
    assert (lit.n, lit.successes, lit.pairs, lit.errors) == (10, 1, 10, 1)
    assert (lit.drop_low, lit.drop_high) == pytest.approx(tango(int(lit.lost), int(lit.gained), 10))
    assert run.conditions.loc["nominal", "drop"] is pd.NA
    mine = run.episodes[run.episodes.condition == "lighting_l3"]
    assert (mine.success.mean(), mine["drop"].sum()) == (0.1, lit.lost - lit.gained)
    assert mine.success.isna().sum() == 2 and mine.outcome.isna().sum() == 1 and mine.error.notna().sum() == 1
    assert {"value_lighting", "metric_trouble", "instruction", "index"} <= set(mine.columns)
    for frame in (run.episodes, run.conditions):
        cells = [cell for name in frame for cell in frame[name].tolist() if cell is not pd.NA]
        missing = [cell for cell in cells if cell is None or cell != cell]
        assert not missing, "pandas.NA, never None or NaN"
    assert run.conditions["sequence_low"].isna().all()
