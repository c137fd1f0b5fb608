"""Simulators of the tabletop scene, blind and drawn."""

import pytest

from helpers.dynamics import TASK
from vlagen_bench.sim.simulator import Simulator


@pytest.fixture(scope="module")
def blind():
    return Simulator.of(TASK, drawn=False)


@pytest.fixture(scope="module")
def drawn():
    return Simulator.of(TASK)


@pytest.fixture(scope="module")
def sim():
    from vlagen_bench.sim.simulator import Simulator

    return Simulator.of(TASK)
