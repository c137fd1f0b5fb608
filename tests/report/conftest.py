"""Runs to be compared."""

import pytest

from helpers.compared import CONDITIONS
from helpers.fabricated import fabricate

EPISODES = 12


@pytest.fixture
def made(tmp_path):
    """Makes a run folder of these conditions."""

    def make(name, outcome, **more):
        options = {"episodes": EPISODES, "conditions": CONDITIONS} | more
        return fabricate(tmp_path / name, "quick", outcome, **options)

    return make
