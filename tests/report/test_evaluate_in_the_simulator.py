"""`vlagen_bench.evaluate` on the real simulator: in a running event loop, in a thread, and nothing is left of it."""

import asyncio
import gc
import os
import random
import sys
import threading

import numpy as np
import pytest

import vlagen_bench

pytestmark = [pytest.mark.sim, pytest.mark.slow]
TWO = {"conditions": ["nominal"], "episodes": 2, "video": "none"}


class Still:
    def act(self, obs, instr):
        assert obs["image"].shape == (256, 256, 3) and instr.startswith("put")
        return [0, 0, 0, 0, 0, 0, 1]


def simulators():
    from vlagen_bench.sim.simulator import Simulator

    gc.collect()
    return {id(thing) for thing in gc.get_objects() if issubclass(type(thing), Simulator)}


def test_a_notebook_cell_evaluates_and_leaves_no_simulator(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    async def cell():
        return vlagen_bench.evaluate(Still(), **TWO)

    import torch

    there = simulators()  # of other tests in this process
    before = os.getcwd(), list(sys.path), random.getstate(), torch.get_rng_state().tolist(), torch.is_grad_enabled()
    numpy_before = np.random.get_state()[1].tolist()
    run = asyncio.run(cell())
    assert run.complete and run.table.loc["nominal", "n"] == 2
    assert before == (
        os.getcwd(), list(sys.path), random.getstate(), torch.get_rng_state().tolist(), torch.is_grad_enabled()
    )  # fmt: skip
    assert numpy_before == np.random.get_state()[1].tolist()
    assert capsys.readouterr().out == "" and simulators() <= there


def test_a_thread_evaluates_the_same_episodes(tmp_path):
    ended = []

    def work():
        ended.append(vlagen_bench.evaluate(Still(), **TWO, out=tmp_path / "thread"))

    thread = threading.Thread(target=work)
    thread.start()
    here = vlagen_bench.evaluate(Still(), **TWO, out=tmp_path / "here")
    thread.join()
    kept = ["outcome", "steps", *(name for name in here.episodes if name.startswith("metric_"))]
    assert ended[0].episodes[kept].equals(here.episodes[kept])


def test_an_object_plays_with_two_workers(tmp_path):
    run = vlagen_bench.evaluate(Still(), **TWO, out=tmp_path / "run", workers=2)
    assert run.complete and run.episodes.error.isna().all()
