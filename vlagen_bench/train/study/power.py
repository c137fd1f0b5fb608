"""The power of a study's hypotheses: how likely each test finds the difference that is expected, before the runs."""

from math import sqrt
from statistics import NormalDist

from vlagen_bench.statistics.power import paired_power
from vlagen_bench.train.study.config import Hypothesis, StudyConfig

ALPHA = 0.05
ALIKE = 0.3
"""correlation of a scene's differences under two conditions, assumed; it makes pooled pairs count as fewer"""


def scenes(config: StudyConfig, hypothesis: Hypothesis) -> int:
    """Scenes in which every condition of the hypothesis is played by both policies."""
    wanted = {*hypothesis.conditions, *hypothesis.beyond}
    counts = [
        suite.episodes
        for policy in (hypothesis.better, hypothesis.than)
        for stage in config.scores_of(policy)
        if stage.score is not None and wanted & {*(suite := stage.score.chosen).conditions}
    ]
    return min(counts)


def family(config: StudyConfig, hypothesis: Hypothesis) -> int:
    """How many tests Holm's adjustment is over; 1 for exploratory ones, which have none."""
    if hypothesis.family == "exploratory":
        return 1
    return sum(one.family == hypothesis.family for one in config.hypotheses)


def effective_pairs(config: StudyConfig, hypothesis: Hypothesis) -> int:
    """Independent pairs that know as much as the pooled ones."""
    conditions = len(hypothesis.conditions)
    return int(scenes(config, hypothesis) * conditions / (1 + (conditions - 1) * ALIKE))


def power_of(config: StudyConfig, hypothesis: Hypothesis) -> float:
    """The probability that the test finds `effect` at 5 %, divided by the family's size: Holm at its worst.

    Of one condition it is that of McNemar's exact test. Of pooled conditions it is the same over `effective_pairs`, and of a
    difference of two gains that of a normal mean over scenes; both are approximate.
    """
    alpha = ALPHA / family(config, hypothesis)
    if not hypothesis.beyond:
        return paired_power(effective_pairs(config, hypothesis), hypothesis.effect, hypothesis.discordance, alpha)
    variance = (hypothesis.discordance - hypothesis.effect**2) * (1 - ALIKE)
    parts = 1 / len(hypothesis.conditions) + 1 / len(hypothesis.beyond)
    error = sqrt(variance * parts / scenes(config, hypothesis))
    normal = NormalDist()
    return 1 - normal.cdf(normal.inv_cdf(1 - alpha / 2) - hypothesis.effect / error)
