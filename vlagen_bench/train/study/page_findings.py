"""The findings on the page of a study: each of the paper's, ours beside it, what agrees, and how sure that is."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from vlagen_bench.train.study.config import Hypothesis, StudyConfig
from vlagen_bench.train.study.contrasts import Difference, Finding
from vlagen_bench.train.study.outcomes import Evaluation
from vlagen_bench.train.study.published import SOURCE

TITLES: Mapping[str, str] = {
    "confirmatory": "What was tested",
    "confirmation": "The untouched part",
    "exploratory": "What was only estimated: other algorithms and ablations",
}
ABOUT: Mapping[str, str] = {
    "confirmatory": "p is after Holm's adjustment over these hypotheses, and that of the second seed for its row alone.",
    "confirmation": "Scored once, and nothing was chosen by it; the paper does not test it. p is after Holm's adjustment over these, and that of the second seed for its row alone.",
    "exploratory": "One seed each. Each p is for its row alone, without adjustment; none of these is a result. "
    "Where a hypothesis says that something does not help, a difference near zero or below it speaks for it; a large p does not show that there is none.",
}
UNPUBLISHED: Mapping[str, str] = {"agrees": "holds", "contradicts": "does not hold"}
"""words for a hypothesis that the paper says nothing of"""


def points(value: float) -> str:
    """`+15.7`, in points."""
    return f"{round(100 * value, 1) + 0.0:+.1f}".replace("-", "−")  # + 0.0: there is no negative 0


def difference_text(one: Difference | None) -> str:
    """`+15.7 (+8.1 to +23.0)`, or that it was not run."""
    return "not run" if one is None else f"{points(one.value)} ({points(one.low)} to {points(one.high)})"


def p_text(p: float | None) -> str:
    """`0.012`, `< 0.001`, or a dash."""
    if p is None:
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.0995 else f"{p:.2f}"


def verdict_text(finding: Finding) -> str:
    """What is said of a hypothesis that was tested."""
    if finding.hypothesis.family == "exploratory" or finding.difference is None:
        return "not run" if finding.difference is None else "–"
    untouched = finding.hypothesis.family == "confirmation"
    verdict = UNPUBLISHED.get(finding.verdict, finding.verdict) if untouched else finding.verdict
    if finding.is_replicated is None:
        return verdict
    return f"{verdict}, {'replicated' if finding.is_replicated else 'not replicated by the second seed'}"


def answer(config: StudyConfig, findings: Sequence[Finding]) -> Iterator[str]:
    """The first lines: what is known, in sentences."""
    tested = [one for one in findings if one.hypothesis.family == "confirmatory"]
    run = [one for one in tested if one.difference is not None]
    if not run:
        yield (
            f"**Nothing is known yet**: none of the {len(tested)} hypotheses has both of its policies scored. The [preregistration]"
            f"(study/preregistration.md) says what will be tested."
        )
        return
    for one in run:
        if one.hypothesis.primary:
            yield f"**{one.hypothesis.id}, primary: {_said(one)}**"
            yield ""
    counts = {verdict: sum(one.verdict == verdict for one in run) for verdict in ("agrees", "contradicts", "undecided")}
    replicated = sum(bool(one.is_replicated) for one in run)
    again = (
        "no second seed was run"
        if all(one.again is None for one in run)
        else f"{replicated or 'none'} of them with a second seed too"
    )
    left = len(tested) - len(run)
    parts = [
        f"{_count(counts['agrees'], 'agrees', 'agree')} with the paper ({again})",
        f"{_count(counts['contradicts'], 'contradicts', 'contradict')} it",
        f"{_count(counts['undecided'], 'is', 'are')} undecided",
        *([f"{_count(left, 'was', 'were')} not run"] if left else []),
    ]
    yield f"Of {len(tested)} hypotheses that were fixed beforehand, {', '.join(parts[:-1])}, and {parts[-1]}. To agree is to go in the same direction, not by as much."


def _count(number: int, one: str, several: str) -> str:
    return f"{number or 'none'} {one if number < 2 else several}"


def _said(one: Finding) -> str:
    found = one.difference
    assert found is not None, "it was run"
    verdict = {"agrees": "as in the paper", "contradicts": "unlike in the paper", "undecided": "undecided"}[one.verdict]
    return (
        f"{one.hypothesis.says.rstrip('.')}: {difference_text(found)} points, over {found.pairs} pairs in {found.scenes} scenes, "
        f"p {p_text(one.adjusted)}: {verdict}."
    )


def goal(config: StudyConfig, findings: Sequence[Finding], evaluations: Mapping[str, Evaluation]) -> Iterator[str]:
    """Whether the goal was reached, and what the policies still fail in."""
    if config.goal is None:
        return
    wanted = f"{points(config.goal.at_least)} points in {config.goal.hypothesis} with p < {config.goal.p:g}"
    found = next(one.difference for one in findings if one.hypothesis.id == config.goal.hypothesis)
    if found is None:
        yield f"The goal, {wanted}: not run."
    else:
        is_reached = found.value >= config.goal.at_least and found.p < config.goal.p
        yield f"The goal, {wanted}: {'reached' if is_reached else 'not reached'}, with {points(found.value)} points, p {p_text(found.p)} before any adjustment."
        if not is_reached:
            yield from (
                "",
                _remaining(next(one for one in config.hypotheses if one.id == config.goal.hypothesis), evaluations),
            )
    yield ""


def _remaining(hypothesis: Hypothesis, evaluations: Mapping[str, Evaluation]) -> str:
    """What the failures of both policies are, in the episodes of a goal that was missed."""
    told = []
    for policy in (hypothesis.than, hypothesis.better):
        rows = evaluations[policy].of(hypothesis.conditions)
        causes = Counter(row.trouble.replace("_", " ") or "nothing named" for row in rows if row.outcome == "failure")
        named = ", ".join(
            f"{cause} {count}" for cause, count in sorted(causes.items(), key=lambda one: (-one[1], one[0]))
        )
        told.append(f"`{policy}` {causes.total()} of {len(rows)} ({named or 'none'})")
    return f"Failures in {hypothesis.id}: {'; '.join(told)}."


def tables(config: StudyConfig, findings: Sequence[Finding]) -> Iterator[str]:
    """A section for each family of hypotheses."""
    for family, title in TITLES.items():
        members = [one for one in findings if one.hypothesis.family == family]
        if not members:
            continue
        yield from (f"## {title}", "", f"{ABOUT[family]} Differences are in points, with 95 % intervals.", "")
        seeds = any(one.hypothesis.replicate for one in members)
        again = " second seed | p |" if seeds else ""
        yield f"| | hypothesis | {SOURCE if family == 'confirmatory' else 'Liu et al.'} | here | pairs | p |{again} verdict |"
        yield f"|---|---|---|---|---|---|{'---|---|' if seeds else ''}---|"
        for one in members:
            yield _row(one, seeds=seeds)
        yield ""


def _row(one: Finding, *, seeds: bool) -> str:
    found, hypothesis = one.difference, one.hypothesis
    own = None if found is None else found.p
    p = own if hypothesis.family == "exploratory" else one.adjusted
    cells = [
        f"**{hypothesis.id}**" if hypothesis.primary else hypothesis.id,
        hypothesis.says,
        hypothesis.paper,
        difference_text(found),
        str(found.pairs) if found else "–",
        p_text(p),
    ]
    if seeds:
        cells += [
            difference_text(one.again) if hypothesis.replicate else "–",
            p_text(one.again.p if one.again else None),
        ]
    return f"| {' | '.join([*cells, verdict_text(one)])} |"
