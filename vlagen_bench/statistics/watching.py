"""The stopping rules of `--until`, and the watches that receive every episode's outcome."""

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vlagen_bench.errors import ConfigError
from vlagen_bench.statistics.sequential import PairedSequence, RateSequence

FORMS = '"width<0.1" (until the interval of every condition is narrower), "decided:RUN" (until it is clear that another run differs)'
_NUMBER = re.compile(r"\d*\.?\d+")


@dataclass(frozen=True, kw_only=True)
class Narrow:
    """`width<0.1`: the 95 % confidence sequence of every condition is narrower than this."""

    width: float


@dataclass(frozen=True, kw_only=True)
class Decided:
    """`decided:RUN`: this run and another of the same plan differ at 95 %."""

    run: Path


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
    run = re.fullmatch(r"\s*decided\s*:(.*)", text)
    if run:
        if not run[1].strip():
            raise ConfigError("--until: decided against which run? Name its folder, such as decided:runs/a.")
        return Decided(run=Path(run[1].strip()))
    raise ConfigError(f"--until: '{text}' is not a rule. There are: {FORMS}.")


class NarrowWatch:
    """Watches the rate of each condition; all must be narrow. Each interval has its own 95 %."""

    def __init__(self, rule: Narrow, planned: Iterable[tuple[str, str]]) -> None:
        """`planned` is (episode id, condition), in the order of the plan; other episodes are ignored."""
        self._conditions = dict(planned)
        self._order = _InOrder(self._conditions)
        self.sequences = {name: RateSequence(rule.width) for name in dict.fromkeys(self._conditions.values())}

    def ended(self, episode_id: str, success: bool | None) -> bool:
        """Tells that an episode ended (None: as an error, which counts for nothing); says whether it is enough."""
        for ended_id, outcome in self._order.released(episode_id, success):
            if outcome is not None and not (sequence := self.sequences[self._conditions[ended_id]]).decided:
                sequence.update(outcome)
        return self.decided

    @property
    def decided(self) -> bool:
        return bool(self.sequences) and all(sequence.decided for sequence in self.sequences.values())


class DecidedWatch:
    """Watches this run against the outcomes of another on the same episodes, scene by scene."""

    def __init__(self, planned: Iterable[tuple[str, Hashable]], others: Mapping[str, bool | None]) -> None:
        """`planned` is (episode id, scene), such as its index, in the order of the plan; `others` the other's outcomes."""
        self._scenes = dict(planned)
        self._order = _InOrder(self._scenes)
        self._others = others
        self._left = Counter(self._scenes.values())
        self._differences: dict[Hashable, list[int]] = {scene: [] for scene in self._left}
        self.sequence = PairedSequence()

    def ended(self, episode_id: str, success: bool | None) -> bool:
        """Tells that an episode ended (None: as an error, which makes no pair); says whether it is enough."""
        for ended_id, outcome in self._order.released(episode_id, success):
            scene, other = self._scenes[ended_id], self._others.get(ended_id)
            self._left[scene] -= 1
            if outcome is not None and other is not None:
                self._differences[scene].append(int(outcome) - int(other))
            if not self._left[scene] and (mine := self._differences.pop(scene)) and not self.decided:
                self.sequence.update(sum(mine) / len(mine))
        return self.decided

    @property
    def decided(self) -> bool:
        return self.sequence.decided


class _InOrder:
    """Holds outcomes back until those of all earlier episodes are there, so that quick ones are not counted first."""

    def __init__(self, planned: Iterable[str]) -> None:
        self._waiting = list(reversed(list(planned)))
        self._known = set(self._waiting)
        self._there: dict[str, bool | None] = {}

    def released(self, episode_id: str, outcome: bool | None) -> Iterator[tuple[str, bool | None]]:
        """What can be counted now, in the order of the plan."""
        if episode_id not in self._known:
            return
        self._there[episode_id] = outcome
        while self._waiting and self._waiting[-1] in self._there:
            next_id = self._waiting.pop()
            yield next_id, self._there.pop(next_id)
