"""`vlagen power`: its tables, and what it refuses."""

import pytest

from vlagen_bench.cli import power as power_command
from vlagen_bench.errors import ConfigError


@pytest.mark.parametrize(("asked", "there", "not_there"), [
    ({"rate": 0.1}, "│     20 │                 20% │", "30% │"), ({"discordance": 0.2}, "│     20 │                 20% │", "│     30 │     "),
    ({"rate": 0.0}, "at a rate of 0%", "Boschloo"),
])  # fmt: skip
def test_power_leaves_out_usual_questions_that_cannot_be(printed, asked, there, not_there):
    """At a mean rate of 10 % at most 20 % of the pairs can disagree."""
    said = printed(power_command, power_command.power, power_command.PowerArgs(**asked)).split("Is there a difference?")
    assert there in said[-1] and not_there not in said[-1]


def test_power_answers_in_a_table(printed):
    said = printed(power_command, power_command.power, power_command.PowerArgs(drop=0.2))
    assert "Power 80 %, two-sided at 5 %" in said and "61" in said and "102" in said and "nan" not in said.lower()
    said = printed(power_command, power_command.power, power_command.PowerArgs(width=0.1, rate=0.5))
    assert "380" in said and "Boschloo" not in said


@pytest.mark.parametrize(("asked", "says"), [
    ({"drop": 0.2, "discordance": 0.1}, "discordance"), ({"drop": 0.4, "rate": 0.9}, "--rate"), ({"family": 0}, "--family"),
    ({"drop": 0.2, "power": 1.2}, "power"), ({"width": -1}, "--width -1: it is a share, above 0 and below 1.$"),
    ({"drop": 20}, "--drop 20: .* For 20 points or percent: --drop 0.2$"), ({"width": 10}, "--width 0.1$"), ({"rate": 90}, "--rate 0.9$"),
    ({"drop": 0.1, "discordance": 33}, "--discordance 0.33$"), ({"drop": 0.1, "power": 80}, "--power 0.8$"), ({"drop": float("nan")}, "--drop nan"),
    ({"drop": 100}, "below 1.$"), ({"power": float("inf")}, "--power inf"), ({"discordance": 0}, "above 0 and at most 1.$"),
])  # fmt: skip
def test_power_refuses_what_cannot_be(printed, asked, says):
    with pytest.raises(ConfigError, match=says):
        printed(power_command, power_command.power, power_command.PowerArgs(**asked))
