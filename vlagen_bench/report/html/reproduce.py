"""The commands that repeat or measure a run, from its header."""

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from vlagen_bench.plan import catalog


def command(header: Mapping[str, Any]) -> str:
    """The `vlagen-eval` that makes the same plan and asks the same policy in the same way."""
    return shlex.join(["vlagen-eval", *_policy(header["policy"]), *_plan(header)])


def measure(header: Mapping[str, Any], first: Path) -> str:
    """The command that plays the episodes of the run in this folder again, to see how far they repeat."""
    return f"{command(header)} --repeat 3 --out {shlex.quote(str(first))}"


def facts(header: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every key of the header with its value, both as text; keys inside others after a dot."""
    for key, value in header.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{inner}", text) for inner, text in facts(value))
        elif isinstance(value, list):
            between = "; " if any(isinstance(item, Mapping) for item in value) else ", "
            yield key, between.join(map(_text, value)) or "none"
        else:
            yield key, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(inner)}" for key, inner in value.items())
    return "none" if value is None else str(value)


def _policy(policy: Mapping[str, Any]) -> Iterator[str]:
    yield from ("--policy", policy["name"])
    given = policy["arguments"].items() - {("url", policy["name"])}  # the address of a server is its name
    arguments = sorted(f"{key}={value}" for key, value in given)
    if arguments:
        yield from ("--policy-args", *arguments)
    execution = policy.get("execution", {})
    for option, value in (("--execute-horizon", "horizon"), ("--ensemble", "ensemble")):
        if execution.get(value) is not None:
            yield from (option, str(execution[value]))


def _plan(header: Mapping[str, Any]) -> Iterator[str]:
    """Only what differs from the suite."""
    name = header["suite"]["name"]
    yield from ("--suite", name)
    suite = catalog.suite(name) if name in catalog.suite_names() else None
    if suite is None or list(suite.conditions) != header["conditions"]:
        yield from ("--conditions", ",".join(header["conditions"]))
    if suite is None or suite.episodes != header["episodes_per_condition"]:
        yield from ("--episodes", str(header["episodes_per_condition"]))
    seed = header.get("seed")
    if seed is not None and (suite is None or suite.seed != seed):
        yield from ("--seed", str(seed))
