"""What every episode is like with a good policy."""

import pytest

from helpers.hostile import Good
from helpers.hostile_runs import PLAN, go


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """What every episode is like with a good policy."""
    return go(tmp_path_factory.mktemp("good"), Good(), PLAN.episodes)
