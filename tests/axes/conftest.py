"""Simulators of the tabletop scene, blind and drawn."""

import pytest

from helpers.dynamics import TASK
from vlagen_bench.scenes import specs
from vlagen_bench.sim.simulator import Simulator


@pytest.fixture(scope="module")
def blind():
    return Simulator(specs.TABLETOP, drawn=False, success=TASK.success)


@pytest.fixture(scope="module")
def drawn():
    return Simulator(specs.TABLETOP, success=TASK.success)


@pytest.fixture(scope="module")
def sim():
    from vlagen_bench.sim.simulator import Simulator

    return Simulator(specs.TABLETOP)
