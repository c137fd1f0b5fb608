"""The preregistration of a study: a page with its hypotheses, episodes, tests and rules, written before the runs."""

import re
from collections.abc import Iterator
from pathlib import Path

from vlagen_bench.errors import ConfigError
from vlagen_bench.plan import catalog
from vlagen_bench.train.study import power
from vlagen_bench.train.study.config import Hypothesis, StudyConfig, document
from vlagen_bench.train.study.stages import Score
from vlagen_bench.types import content_hash
from vlagen_bench.utils.text import percent

MARK = re.compile(r"^Fingerprint: `(\w{64})`", re.MULTILINE)
TITLE = "# Preregistration of the "
FAMILIES = {
    "confirmatory": "tested, with Holm's adjustment over these {n}",
    "confirmation": "tested at the very end, with Holm's adjustment over these {n}",
    "exploratory": "estimated; their p is shown without adjustment, and decides nothing",
}
TESTS = (
    "Policies play the same episodes, so every comparison is of pairs. One condition: McNemar's exact two-sided test and Tango's "
    "interval. Several conditions, pooled: the larger p of the interval's over scenes and of exact sign flips of scenes. A gain "
    "beyond another gain: the mean over scenes of the difference of both, Student's interval, and the larger p of the interval's and "
    "of sign flips. [Statistics](../statistics.md) has the methods.",
    "**Contradicts** the paper: the whole 95 % interval of the difference lies below {margin:.0f} points, so that it is too small to matter, or goes "
    "the other way. **Agrees**: it does not, the difference has the paper's direction, and p is below 0.05 after Holm's adjustment. **Undecided**: "
    "neither. Where the second seed of PPO agrees by itself (p below 0.05), the finding is **replicated**.",
    "Intervals and p speak of episodes, of these two trainings. They do not speak of other seeds, sizes, robots or tasks: there is one "
    "model size, one task, and two seeds at most.",
)


def fingerprint(config: StudyConfig) -> str:
    """Hash of all that is fixed before the runs."""
    return content_hash(document(config))


def page(config: StudyConfig) -> str:
    """The page, as Markdown."""
    return "\n".join(_lines(config)) + "\n"


def check_place(config: StudyConfig, path: Path) -> None:
    """Raises `ConfigError` where a file is the preregistration of another study, which would be lost."""
    first = path.read_text(encoding="utf-8").partition("\n")[0] if path.is_file() else ""
    if first.startswith(TITLE) and first != f"{TITLE}{config.name}":
        raise ConfigError(
            f"{path} is of another study, {first.removeprefix(TITLE)}, and this is {config.name}. Name another file: --preregistration FILE"
        )


def compare(config: StudyConfig, path: Path) -> str | None:
    """The sentence that says how a written preregistration differs; None: it is of this configuration.

    Raises:
        ConfigError: the file is no preregistration.
    """
    text = path.read_text(encoding="utf-8")
    mark = MARK.search(text)
    if mark is None:
        raise ConfigError(f"{path} is no preregistration of a study: it has no line with a fingerprint.")
    if mark[1] != fingerprint(config):
        return (
            f"{path} was written for other hypotheses, episodes, gates or rules than this configuration has: its fingerprint is "
            f"{mark[1][:12]}, not {fingerprint(config)[:12]}."
        )
    if text != page(config):
        return f"{path} has the right fingerprint, but other words: it was edited, or written by another release."
    return None


def _lines(config: StudyConfig) -> Iterator[str]:
    yield from (f"{TITLE}{config.name}", "")
    yield from (config.question, "")
    yield (
        f"`vlagen study plan --config {config.name} --write` wrote this page before any of its policies was trained or scored. It fixes what is tested, on "
        f"which episodes and how."
    )
    yield from ("", f"Fingerprint: `{fingerprint(config)}`", "")
    yield from ("## Hypotheses", "")
    for family in FAMILIES:
        members = [one for one in config.hypotheses if one.family == family]
        if members:
            yield from _family(config, family, members)
    yield from ("## Tests", "")
    for paragraph in TESTS:
        yield from (paragraph.format(margin=100 * config.margin), "")
    yield from _episodes(config)
    yield from ("## Rules", "")
    for gate in (stage.gate for stage in config.order if stage.gate is not None):
        yield f"* Gate: `{gate.score}` has a success rate of at least {percent(gate.rate)}."
    if config.goal is not None:
        goal = config.goal
        yield f"* Goal: {goal.hypothesis} has a difference of at least {100 * goal.at_least:g} points, with p below {goal.p:g} before any adjustment."
    for rule in config.rules:
        yield f"* {rule}"


def _family(config: StudyConfig, family: str, members: list[Hypothesis]) -> Iterator[str]:
    yield f"**{family.capitalize()}** ({FAMILIES[family].format(n=len(members))}):"
    yield ""
    yield "| | hypothesis | Liu et al. found | policies | conditions | scenes | power |"
    yield "|---|---|---|---|---|---|---|"
    for one in members:
        name = f"**{one.id}** (primary)" if one.primary else one.id
        again = f", again with `{one.replicate}`" if one.replicate else ""
        conditions = ", ".join(f"`{name}`" for name in one.conditions)
        if one.beyond:
            conditions += f"; beyond {', '.join(f'`{name}`' for name in one.beyond)}"
        found = f"{percent(power.power_of(config, one))} to find {100 * one.effect:g} points"
        yield (
            f"| {name} | {one.says} | {one.paper} | `{one.better}` against `{one.than}`{again} | {conditions} | "
            f"{power.scenes(config, one)} | {found} |"
        )
    yield ""
    if family == "confirmatory":
        yield (
            f"Power is the chance to find the difference that is named, at 5 % divided by the number of tests, if so many pairs disagree "
            f"as expected ({percent(members[0].discordance)} unless said otherwise in the configuration), and differences of a scene under two "
            f"conditions correlate by {power.ALIKE}."
        )
        yield ""


def _episodes(config: StudyConfig) -> Iterator[str]:
    yield from ("## Episodes", "")
    yield "| evaluation | policy | suite | conditions | episodes each | seed | plan |"
    yield "|---|---|---|---|---|---|---|"
    for stage in config.order:
        if stage.score is not None:
            yield _row(stage.name, stage.score)
    yield ""


def _row(name: str, score: Score) -> str:
    chosen = score.chosen
    whole = chosen.conditions == catalog.suite(score.suite).conditions
    conditions = f"all {len(chosen.conditions)}" if whole else ", ".join(f"`{one}`" for one in chosen.conditions)
    return (
        f"| `{name}` | `{score.policy}` | `{score.suite}` | {conditions} | {chosen.episodes} | {chosen.seed} | "
        f"`{score.plan_hash[:12]}` |"
    )
