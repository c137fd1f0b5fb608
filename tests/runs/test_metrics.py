"""The documentation of the metrics of an episode."""

import re
from dataclasses import fields

import pytest

from helpers.places import TOP
from vlagen_bench.tasks.behaviour import Behaviour
from vlagen_bench.tasks.pick_up import PickUpStatus
from vlagen_bench.tasks.put_on import PutOnStatus

ELSEWHERE = {"success", "success_once"}
"""keys of a record beside its metrics"""


@pytest.mark.parametrize("status", [PutOnStatus, PickUpStatus, Behaviour])
def test_each_metric_is_documented(status):
    text = (TOP / "docs" / "reference" / "runs.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    assert {one.name for one in fields(status)} - ELSEWHERE <= documented
