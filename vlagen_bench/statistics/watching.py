"""The stopping rules of `--until`, and the watches that receive every episode's outcome."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.sequential import PairedSequence, RateSequence, confidence_sequence, earliest

SUCCESS = "success"
SCORES = (SUCCESS, "progress")
"""what `decided` can compare: numbers between 0 and 1 of each episode"""
STEPS = 200
"""a scene's mean difference of a score that is no count is rounded to so many steps between 0 and 1"""
FORMS = (
    '"width<0.1" (until the interval of every condition is narrower), "decided:RUN" (until it is clear that another run '
    'differs), "decided-progress:RUN" (the same, by progress instead of success)'
)
Score = TypeVar("Score", bool, float)
_NUMBER = re.compile(r"\d*\.?\d+")


@dataclass(frozen=True, kw_only=True)
class Narrow:
    """`width<0.1`: the 95 % confidence sequence of every condition is narrower than this."""

    width: float


@dataclass(frozen=True, kw_only=True)
class Decided:
    """`decided:RUN`, `decided-SCORE:RUN`: this run and another of the same plan differ at 95 %."""

    run: Path
    score: str = SUCCESS


def until(text: str) -> Narrow | Decided:
    """The rule that `--until` asks for; raises `ConfigError` if it asks for none.

    Examples:
        >>> until("width<0.1")
        Narrow(width=0.1)
    """
    width = re.fullmatch(r"\s*width\s*<(.*)", text)
    if width:
        number = width[1].strip()
        if not _NUMBER.fullmatch(number) or not 0 < float(number) < 1:
            raise ConfigError(
                f"--until: the width of an interval of a rate is between 0 and 1, such as width<0.1, not '{number}'."
            )
        return Narrow(width=float(number))
    decided = re.fullmatch(r"\s*decided(?:-(\w*))?\s*:(.*)", text)
    if decided:
        score, run = SUCCESS if decided[1] is None else decided[1], decided[2].strip()
        if score not in SCORES:
            raise ConfigError(
                f"--until: '{score}' is no score that runs are compared by. There are: {', '.join(SCORES)}."
            )
        if not run:
            raise ConfigError("--until: decided against which run? Name its folder, such as decided:runs/a.")
        return Decided(run=Path(run), score=score)
    raise ConfigError(f"--until: '{text}' is not a rule. There are: {FORMS}.")


class NarrowWatch:
    """Watches the rate of each condition; all must be narrow. Each interval has its own 95 %."""

    def __init__(self, rule: Narrow, planned: Iterable[tuple[str, str]]) -> None:
        """`planned` is (episode id, condition), in the order of the plan; other episodes are ignored."""
        self._conditions = dict(planned)
        self._order: _InOrder[bool] = _InOrder(self._conditions)
        self.sequences = {name: RateSequence(rule.width) for name in dict.fromkeys(self._conditions.values())}

    def ended(self, episode_id: str, success: bool | None) -> bool:
        """Tells that an episode ended (None: as an error, which counts for nothing); says whether it is enough."""
        for ended_id, outcome in self._order.released(episode_id, success):
            if outcome is not None and not (sequence := self.sequences[self._conditions[ended_id]]).decided:
                sequence.update(outcome)
        return self.decided

    def narrowest(self) -> float | None:
        """The least width that every condition can have at the end of the plan: all of its episodes end alike."""
        counts = Counter(self._conditions.values()).values()
        ends = (confidence_sequence(n, n) for n in counts)
        return max((high - low for low, high in ends), default=None)

    @property
    def decided(self) -> bool:
        return bool(self.sequences) and all(sequence.decided for sequence in self.sequences.values())


class DecidedWatch:
    """Watches this run against the scores of another on the same episodes, scene by scene."""

    def __init__(
        self, planned: Iterable[tuple[str, Hashable]], others: Mapping[str, float | None], score: str = SUCCESS
    ) -> None:
        """A watch of all scenes of a plan.

        Args:
            planned: (episode id, scene), such as its index, in the order of the plan.
            others: id -> score of the other run, between 0 and 1; None or absent: it makes no pair.
            score: what is compared; success is counted, others are rounded.
        """
        self._scenes = dict(planned)
        self._order: _InOrder[float] = _InOrder(self._scenes)
        self._others = others
        self._left = Counter(self._scenes.values())
        self._unit = 1.0 if score == SUCCESS else max(self._left.values(), default=1) / STEPS
        self._single = score == SUCCESS and max(self._left.values(), default=1) == 1
        """one success or failure a scene, whose signs are all that matters (McNemar's test)"""
        self._scores: dict[Hashable, list[tuple[float, float]]] = {scene: [] for scene in self._left}
        self.sequence = PairedSequence(len(self._left), graded=score != SUCCESS)
        self.complete = self.pairs = 0
        """scenes that are complete in both runs, and their pairs"""
        self._sum = 0.0

    def ended(self, episode_id: str, score: float | None) -> bool:
        """Tells that an episode ended (None: as an error, which makes no pair); says whether it is enough."""
        for ended_id, own in self._order.released(episode_id, score):
            scene, other = self._scenes[ended_id], self._others.get(ended_id)
            self._left[scene] -= 1
            if own is not None and other is not None:
                self._scores[scene].append((own, other))
            if not self._left[scene]:
                self._count(self._scores.pop(scene))
        return self.decided

    def _count(self, scores: Sequence[tuple[float, float]]) -> None:
        """Looks at one more scene; without a pair it counts as one in which they are alike."""
        if self.decided:
            return
        own, other = (sum(side) for side in zip(*scores, strict=True)) if scores else (0.0, 0.0)
        self.complete += bool(scores)
        self.pairs += len(scores)
        self._sum += own - other
        self.sequence.update(self._steps(own - other), None if self._single else (own, other, len(scores)))

    def _steps(self, difference: float) -> int:
        return round(difference / self._unit)

    @property
    def decided(self) -> bool:
        return self.sequence.decided

    @property
    def difference(self) -> float | None:
        """Mean difference over all pairs so far; None without one."""
        return self._sum / self.pairs if self.pairs else None

    def earliest(self) -> int | None:
        """After how many scenes it can be decided at the earliest; None: never, whatever this run does.

        By signs alone, of which none are more extreme than to have all of what the other can be beaten by, or nothing. The
        interval may take longer.
        """
        better, worse = dict.fromkeys(self._left, 0.0), dict.fromkeys(self._left, 0.0)
        for episode_id, scene in self._scenes.items():
            if (other := self._others.get(episode_id)) is not None:
                better[scene] += 1 - other
                worse[scene] -= other
        ends = (earliest([self._steps(total) for total in side.values()]) for side in (better, worse))
        return min((end for end in ends if end is not None), default=None)


class _InOrder(Generic[Score]):
    """Holds scores back until those of all earlier episodes are there, so that quick ones are not counted first."""

    def __init__(self, planned: Iterable[str]) -> None:
        self._waiting = list(reversed(list(planned)))
        self._known = set(self._waiting)
        self._there: dict[str, Score | None] = {}

    def released(self, episode_id: str, outcome: Score | None) -> Iterator[tuple[str, Score | None]]:
        """What can be counted now, in the order of the plan."""
        if episode_id not in self._known:
            return
        self._there[episode_id] = outcome
        while self._waiting and self._waiting[-1] in self._there:
            next_id = self._waiting.pop()
            yield next_id, self._there.pop(next_id)
