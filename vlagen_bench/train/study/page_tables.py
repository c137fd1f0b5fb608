"""The tables on the page of a study: rates by condition, more demonstrations, and what it all took."""

from collections.abc import Iterator, Mapping, Sequence

from vlagen_bench.plan import catalog
from vlagen_bench.statistics.intervals import wilson
from vlagen_bench.statistics.scene_means import rate_interval
from vlagen_bench.train.study import published
from vlagen_bench.train.study.config import StudyConfig
from vlagen_bench.train.study.contrasts import difference
from vlagen_bench.train.study.outcomes import Evaluation, Row
from vlagen_bench.train.study.page_findings import difference_text, p_text
from vlagen_bench.train.study.records import Records
from vlagen_bench.train.study.stages import Train
from vlagen_bench.utils.text import percent, percent_range

Evaluations = Mapping[str, Evaluation]
UNTOUCHED = "untouched"


def dimensions(config: StudyConfig) -> dict[str, list[str]]:
    """Dimension -> conditions that are scored, `nominal` first; those of the confirmation are one of their own."""
    last = {name for one in config.hypotheses if one.family == "confirmation" for name in one.conditions}
    found: dict[str, list[str]] = {}
    for score in filter(None, (stage.score for stage in config.order)):
        chosen = score.chosen
        for name, kind in catalog.groups_of(catalog.task(chosen.task), chosen.conditions).items():
            members = found.setdefault(UNTOUCHED if name in last else kind, [])
            if name not in members:
                members.append(name)
    return found


def compared(config: StudyConfig) -> list[str]:
    """The policies that tables put side by side: those of hypotheses, without smaller supervised ones and ablations."""
    named = [name for one in config.hypotheses for name in (one.than, one.better, one.replicate) if name]
    smaller = {*sizes_of(config)} - {config.hypotheses[0].than}
    return [name for name in dict.fromkeys(named) if name not in smaller and not is_ablation(config, name)]


def is_ablation(config: StudyConfig, policy: str) -> bool:
    """Whether an exploratory policy is scored under a single condition."""
    return config.by_name[policy].exploratory and len(_scored_under(config, policy)) <= 1


def sizes_of(config: StudyConfig) -> dict[str, int]:
    """Supervised policy -> its demonstrations, of those that differ in nothing else, smallest first."""
    found = {
        stage.name: int(stage.train.settings["episodes"])
        for stage in config.stages
        if stage.train is not None
        and stage.train.algorithm == "sft"
        and "episodes" in stage.train.settings
        and not stage.exploratory
    }
    return dict(sorted(found.items(), key=lambda item: item[1]))


def scaled_under(config: StudyConfig) -> list[str]:
    """The conditions under which two of these are scored, or more."""
    scored = [name for policy in sizes_of(config) for name in set(_scored_under(config, policy))]
    return [name for names in dimensions(config).values() for name in names if scored.count(name) > 1]


def _scored_under(config: StudyConfig, policy: str) -> list[str]:
    scores = [stage.score for stage in config.scores_of(policy) if stage.score is not None]
    return [name for score in scores for name in score.chosen.conditions]


def counted(rows: Sequence[Row]) -> tuple[int, int]:
    """Successes, and episodes."""
    return sum(row.outcome == "success" for row in rows), len(rows)


def rate_text(rows: Sequence[Row], *, pooled: bool = False) -> str:
    """`73 % (66 – 79)`, Wilson's interval, or over scenes; a dash without an episode."""
    won, n = counted(rows)
    if not n:
        return "–"
    return f"{percent(won / n)} ({percent_range(interval_of(rows, pooled=pooled)).removesuffix(' %')})"


def interval_of(rows: Sequence[Row], *, pooled: bool) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a rate, or, where rows of several conditions are pooled, that over scenes; None without an episode."""
    if not pooled:
        return wilson(*counted(rows)) if rows else None
    scenes: dict[int, list[int]] = {}
    for row in rows:
        scene = scenes.setdefault(row.index, [0, 0])
        scene[0] += row.outcome == "success"
        scene[1] += 1
    return rate_interval(scenes.values())


def by_condition(config: StudyConfig, evaluations: Evaluations) -> Iterator[str]:
    """Rates of all compared policies, by dimension, with the paper's beside."""
    policies = [name for name in compared(config) if name in evaluations]
    base, better = config.hypotheses[0].than, config.hypotheses[0].better
    yield from ("## By dimension", "", "![Success by condition](study/by_condition.svg)", "")
    if not policies:
        yield from ("Not run.", "")
        return
    yield (
        f"Success rates with 95 % intervals (Wilson's for a condition, over scenes for a mean). Differences are to `{base}`, in points; each p "
        f"is for its row alone, without adjustment."
    )
    yield ""
    pairs = [name for name in (better, config.hypotheses[0].replicate) if name in policies]
    gaps = " | ".join(f"`{name}` gains | p" for name in pairs)
    yield f"| condition | {' | '.join(f'`{name}`' for name in policies)} | {gaps} | Liu et al.: nearest setting, SFT, PPO |"
    yield f"|---|{'---|' * (len(policies) + 2 * len(pairs))}---|"
    for kind, conditions in dimensions(config).items():
        known = [name for name in conditions if any(name in evaluations[policy].conditions for policy in policies)]
        if not known:
            continue
        if len(known) > 1:
            cells = [rate_text(evaluations[policy].of_all(known), pooled=True) for policy in policies]
            gaps = " | ".join(_gap(evaluations, name, base, known) for name in pairs)
            yield f"| **{kind}**, mean of {len(known)} | {' | '.join(cells)} | {gaps} | |"
        for name in known:
            cells = [rate_text(evaluations[policy].of([name])) for policy in policies]
            gaps = " | ".join(_gap(evaluations, pair, base, [name]) for pair in pairs)
            yield f"| `{name}` | {' | '.join(cells)} | {gaps} | {_theirs(name)} |"
    yield ""
    yield from _drops(config, policies, evaluations)
    yield from _ablations(config, evaluations)


def _ablations(config: StudyConfig, evaluations: Evaluations) -> Iterator[str]:
    """The policies that were scored under one condition."""
    names = [one.name for one in config.order if one.name in evaluations and is_ablation(config, one.name)]
    if names:
        yield "Scored in distribution alone, for the ablations:"
        yield from ("", "| policy | `nominal` |", "|---|---|")
        yield from (f"| `{name}` | {rate_text(evaluations[name].of(['nominal']))} |" for name in names)
        yield ""


def loss_of_vision(config: StudyConfig, evaluations: Evaluations) -> Iterator[str]:
    """What the paper concludes of vision and no hypothesis asks, beside what was seen here."""
    first = config.hypotheses[0]
    policies = [name for name in (first.than, first.better, first.replicate) if name in evaluations]
    conditions = dimensions(config).get("vision", [])
    lost = {name: _lost(evaluations[name], conditions) for name in policies}
    if len(lost) < 2 or "–" in lost.values():
        return
    sft, ppo = published.DROPS["vision"]
    seen = [f"`{name}` {share}" for name, share in lost.items()]
    yield (
        f"Under changes of vision imitation and PPO lose alike in the paper, {_share(sft)} and {_share(ppo)} of their success in distribution, and it "
        f"concludes that they are comparably robust. No hypothesis asks this; here it is {', '.join(seen[:-1])} and {seen[-1]}, over {len(conditions)} conditions "
        f"that are not all the paper's. An agreement about vision is one of direction, and says nothing of this."
    )
    yield ""


def _drops(config: StudyConfig, policies: Sequence[str], evaluations: Evaluations) -> Iterator[str]:
    """How much of the rate in distribution is lost by dimension."""
    kinds = {kind: names for kind, names in dimensions(config).items() if kind in published.DROPS}
    if not kinds or not any(counted(evaluations[policy].of(["nominal"]))[0] for policy in policies):
        return
    yield "What is lost of the rate in distribution, as a share of it (the mean over the conditions of a dimension):"
    yield ""
    yield f"| dimension | {' | '.join(f'`{name}`' for name in policies)} | Liu et al.: SFT, PPO |"
    yield f"|---|{'---|' * len(policies)}---|"
    for kind, names in kinds.items():
        cells = [_lost(evaluations[policy], names) for policy in policies]
        sft, ppo = published.DROPS[kind]
        yield f"| {kind} | {' | '.join(cells)} | {_share(sft)}, {_share(ppo)} |"
    yield ""


def _lost(evaluation: Evaluation, names: Sequence[str]) -> str:
    won, n = counted(evaluation.of_all(names))
    nominal, of = counted(evaluation.of(["nominal"]))
    return _share((won / n) / (nominal / of) - 1) if n and nominal else "–"


def _share(value: float) -> str:
    return f"{round(100 * value, 1) + 0.0:+.1f} %".replace("-", "−")


def _gap(evaluations: Evaluations, better: str, base: str, conditions: Sequence[str]) -> str:
    if better not in evaluations or base not in evaluations:
        return "– | –"
    if not set(conditions) <= {*evaluations[better].conditions} & {*evaluations[base].conditions}:
        return "– | –"
    found = difference(evaluations[better], evaluations[base], tuple(conditions))
    return f"{difference_text(found)} | {p_text(found.p if found else None)}"


def _theirs(name: str) -> str:
    if name not in published.RATES:
        return ""
    setting, sft, ppo = published.RATES[name]
    return f"{setting}: {100 * sft:.1f} %, {100 * ppo:.1f} %"


def scaling(config: StudyConfig, evaluations: Evaluations) -> Iterator[str]:
    """More demonstrations."""
    sizes = sizes_of(config)
    if not sizes:
        return
    known = [name for name in sizes if name in evaluations]
    yield from ("## More demonstrations", "", "![Success against demonstrations](study/scaling.svg)", "")
    yield f"In the paper success saturates at about {published.SATURATION:,} demonstrations; the values behind that curve are not published."
    yield ""
    conditions = scaled_under(config)
    yield f"| demonstrations | {' | '.join(f'`{name}`' for name in conditions)} |"
    yield f"|---|{'---|' * len(conditions)}"
    for policy, size in sizes.items():
        cells = [rate_text(evaluations[policy].of([name])) for name in conditions] if policy in known else []
        yield f"| {size} | {' | '.join(cells or ['not run'] + [''] * (len(conditions) - 1))} |"
    if (better := learned_from(config)) in evaluations:
        cells = [rate_text(evaluations[better].of([name])) for name in conditions]
        yield f"| `{better}`, from {sizes[config.hypotheses[0].than]} | {' | '.join(cells)} |"
    yield ""


def learned_from(config: StudyConfig) -> str:
    """The policy of the first hypothesis that began with one of these sizes; empty if there is none."""
    first = config.hypotheses[0]
    return first.better if first.than in sizes_of(config) else ""


def costs(config: StudyConfig, records: Records) -> Iterator[str]:
    """What each stage took, beside what the paper's took."""
    yield from ("## What it took", "")
    yield (
        f"PPO took {published.HOURS} hours on {published.CARD} in the paper, in {published.SHARED_GB} GB with a shared critic and "
        f"{published.SEPARATE_GB} GB with a separate one. Here, on a machine that did other things too (memory is of all processes of a "
        f"stage together):"
    )
    yield from ("", "| stage | core-hours | estimated | hours | memory |", "|---|---|---|---|---|")
    spent = 0.0
    for stage in config.order:
        kept = records.stages.get(stage.name)
        if stage.gate is not None:
            continue
        if kept is None:
            yield f"| `{stage.name}` | not run | {stage.core_hours:g} | | |"
            continue
        spent += kept.core_s / 3600
        told = "" if kept.state == "done" else ", not done"
        memory = f"{kept.peak_bytes / 1e9:.1f} GB" if kept.peak_bytes else "–"
        yield f"| `{stage.name}`{told} | {kept.core_s / 3600:.2f} | {stage.core_hours:g} | {kept.wall_s / 3600:.2f} | {memory} |"
    yield f"| all | {spent:.2f} | {sum(stage.core_hours for stage in config.stages):g} | | |"
    yield ""


def not_run(config: StudyConfig, records: Records) -> list[str]:
    """The stages that are not done, in their order."""
    return [stage.name for stage in config.order if records.state(stage.name) != "done"]


def trained(config: StudyConfig) -> dict[str, Train]:
    """Stage -> its training by reinforcement."""
    return {
        stage.name: stage.train for stage in config.order if stage.train is not None and stage.train.algorithm != "sft"
    }
