"""Made-up worlds, for simulations: outcomes of policies in scenes that are easy or hard, with known true rates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

RATES = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
SCENES = (4, 16, 64, 192)
CONDITIONS = (1, 3, 9)
CORRELATIONS = (0.0, 0.2, 0.6, 0.95)


@dataclass(frozen=True, kw_only=True)
class World:
    """Scenes with a clean twin and several perturbed conditions each; the scene is the independent unit."""

    rate: float
    """true success rate of the clean twins"""
    scenes: int
    conditions: int
    """perturbed episodes a scene, which share its twin"""
    correlation: float
    """of two outcomes in one scene: 0 makes episodes independent, 1 makes all outcomes of a scene alike"""
    drops: tuple[float, ...] = ()
    """true drop of each condition; empty: none drops"""
    other_correlation: float | None = None
    """of another policy, if it fails in other ways: 0.6 or 1 against 0 is one in whole scenes, the other in single episodes"""
    twins_apart: bool = False
    """whether other scenes are easy for the clean twins than for the perturbed episodes, which resemble each other"""

    @property
    def rates(self) -> tuple[float, ...]:
        """True success rate of each condition."""
        return tuple(self.rate - drop for drop in self.drops or (0.0,) * self.conditions)

    @property
    def drop(self) -> float:
        """True mean drop over the conditions."""
        return sum(self.drops) / self.conditions

    def outcomes(self, runs: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Outcomes of the twins, bool (runs, scenes), and of the perturbed episodes, bool (runs, scenes, conditions)."""
        ease = rng.standard_normal((runs, self.scenes))
        if self.twins_apart:
            (twins,) = play((self.rate,), self.correlation, rng.standard_normal(ease.shape), rng)
            perturbed = list(play(self.rates, self.correlation, ease, rng))
        else:
            twins, *perturbed = play((self.rate, *self.rates), self.correlation, ease, rng)
        return twins, np.stack(perturbed, axis=-1)


def grid(
    rates: Sequence[float] = RATES,
    scenes: Sequence[int] = SCENES,
    conditions: Sequence[int] = CONDITIONS,
    correlations: Sequence[float] = CORRELATIONS,
    drop: float = 0.0,
) -> Iterator[World]:
    """A world for every combination; where the rate is below `drop`, everything that there is drops."""
    for rate, num_scenes, num_conditions, correlation in product(rates, scenes, conditions, correlations):
        drops = (min(drop, rate),) * num_conditions if drop else ()
        yield World(rate=rate, scenes=num_scenes, conditions=num_conditions, correlation=correlation, drops=drops)


def play(
    rates: Sequence[float], correlation: float, ease: np.ndarray, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Outcomes of one episode a scene at each of these true rates, bool of the shape of `ease`.

    Args:
        rates: one for each policy or condition that is played in the same scenes.
        correlation: as of a `World`.
        ease: of each scene, standard normal; see `alike` for policies that find different scenes easy.
        rng: what makes single outcomes differ in equally easy scenes.
    """
    known: dict[float, np.ndarray] = {}
    for rate in rates:
        if rate not in known:
            known[rate] = chances(rate, correlation, ease)
        yield np.less(rng.random(ease.shape), known[rate])


def chances(rate: float, correlation: float, ease: np.ndarray) -> np.ndarray:
    """Chance of success in each scene: beta distributed about `rate`, higher in easier scenes.

    Two outcomes in one scene, independent given its chance, then have the wanted correlation.
    """
    from scipy.special import betaincinv, ndtr  # only here, since it takes a while to load

    if correlation == 0 or rate in (0, 1):
        return np.full(ease.shape, rate)
    if correlation == 1:
        return np.asarray(np.greater(ndtr(ease), 1 - rate), dtype=float)
    spread = (1 - correlation) / correlation
    found: np.ndarray = betaincinv(rate * spread, (1 - rate) * spread, ndtr(ease))
    return found


def alike(ease: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Ease of the same scenes for another policy; 1: equally easy for it, 0: unrelated."""
    others: np.ndarray = share * ease + np.sqrt(1 - share**2) * rng.standard_normal(ease.shape)
    return others
