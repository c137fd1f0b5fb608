"""The command that reproduces a run."""

import pytest

from vlagen_bench.cli.selection import Selection
from vlagen_bench.plan import catalog, plan
from vlagen_bench.runs.commands import command


@pytest.mark.parametrize("options", [
    {}, {"episodes": 3}, {"seed": 7, "conditions": "nominal,mass_l3"}, {"axes": "lighting:3,object:test", "episodes": 2},
    {"suite": "paper", "episodes": 2},
])  # fmt: skip
def test_the_command_makes_the_same_plan(options):
    """The words of the command, read back by hand, give the plan of the run."""
    made = Selection(**options).plan()
    header = {
        "suite": {"name": made.suite.name, "version": made.suite.version, "task": made.suite.task},
        "conditions": list(made.suite.conditions),
        "episodes_per_condition": made.suite.episodes,
        "seed": made.suite.seed,
        "policy": {"name": "my policy.py:P", "arguments": {"a": "1 2"}, "execution": {"horizon": 4, "ensemble": None}},
    }
    said = command(header)
    assert said.startswith("vlagen-eval --policy 'my policy.py:P' --policy-args 'a=1 2' --execute-horizon 4 --suite ")
    words = said.split(" --suite ")[1].split()
    read = dict(zip((word.removeprefix("--") for word in words[1::2]), words[2::2], strict=True))
    numbers = {key: int(value) for key, value in read.items() if key in ("episodes", "seed")}
    again = plan.make_plan(
        plan.select(
            catalog.suite(words[0]),
            conditions=tuple(read["conditions"].split(",")) if "conditions" in read else None,
            episodes=numbers.get("episodes"),
            seed=numbers.get("seed"),
        )
    )
    assert again.hash == made.hash
