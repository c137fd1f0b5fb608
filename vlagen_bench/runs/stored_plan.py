"""The plan of a run folder, checked against the header."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vlagen_bench.errors import RunError, VlagenError
from vlagen_bench.plan.options import options
from vlagen_bench.plan.plan import episode_from_dict
from vlagen_bench.runs import outside
from vlagen_bench.runs.records import EpisodeLine, Header
from vlagen_bench.runs.stored_json import built, load
from vlagen_bench.types import Episode, Plan, Suite
from vlagen_bench.utils.text import shown


def read(file: Path, header: Header, stored_header: Mapping[str, Any]) -> Plan:
    """The plan in a file, which has to be the one that the header names; raises `RunError` with the command that writes it again."""
    made = options(
        header.suite.name, header.suite.task, header.conditions, header.episodes_per_condition, header.seed,
        rotating=bool(header.groups),
    )  # fmt: skip
    included = outside.include_options(stored_header)
    repair = f"Write it again: {shlex.join(['vlagen', 'plan', *included, *made, '--out', str(file)])}"
    if changed := " ".join(outside.changes(stored_header)):
        repair = f"{changed} Restore what the run was made with. {repair}"
    content = load(file, repair)
    if not isinstance(content, dict) or not isinstance(content.get("episodes"), list):
        raise RunError(f"{file} cannot be read: it has no list of episodes. {repair}")
    suite = built(Suite, content.get("suite"), f"{file}: suite", repair)
    plan = Plan(suite=suite, episodes=tuple(_episodes(content["episodes"], file, repair)))
    named = header.suite
    same = (named.name, named.version, named.task) == (suite.name, suite.version, suite.task)
    same = same and (header.conditions, header.groups) == (suite.conditions, suite.groups)
    if not plan.episodes or plan.hash != header.plan_hash or not same:
        raise RunError(f"{file} is not the plan that header.json names. {repair}")
    return plan


def _episodes(listed: Iterable[Any], file: Path, repair: str) -> Iterator[Episode]:
    for number, content in enumerate(listed):
        where = f"{file}: episodes[{number}]"
        line = built(EpisodeLine, content, where, repair)
        try:
            yield episode_from_dict(line.of())
        except VlagenError as error:
            raise RunError(f"{where}: {shown(error)} {repair}") from None
        except (ValueError, TypeError, RecursionError):
            raise RunError(f"{where} has values that no episode has: it was edited. {repair}") from None
