"""A run that nobody ran, of several levels of one axis."""

import pytest

from helpers.fabricated import fabricate
from helpers.ladder import LADDER, by_rule


@pytest.fixture
def ladder(tmp_path):
    return fabricate(tmp_path / "run", "core", by_rule, episodes=6, conditions=LADDER)
