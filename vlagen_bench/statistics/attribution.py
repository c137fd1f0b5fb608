"""Attribution of failures to factors that act at once: their shares of the drop, and what stays unknown."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from vlagen_bench.statistics.clusters import percentiles, resampled

DRAWS = 1000
CHUNK = 1_000_000
"""numbers of a batch of matrices"""
ZERO = 1e-9
"""of numbers of the order of 1"""


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """An episode against its clean twin."""

    cluster: Hashable
    """the scene that it shares with others, such as its index"""
    factors: frozenset[str]
    """what was perturbed in it: axes, or conditions put together"""
    drop: int
    """1: only the twin succeeded; -1: only the episode did; else 0"""


@dataclass(frozen=True, kw_only=True)
class Share:
    """The part of the drop that goes with one factor."""

    factor: str
    n: int
    """episodes that have it"""
    drop: float | None
    """success rate that the factor costs, the others held fixed; None if not identifiable"""
    low: float | None
    """95 % interval; None too where all scenes are alike, or fewer than two"""
    high: float | None
    confounded_with: tuple[str, ...]
    """factors that the episodes do not separate it from, such as one that it always comes with; empty: identifiable"""


def attribute(contrasts: Iterable[Contrast], confidence: float = 0.95, *, seed: int = 0) -> tuple[Share, ...]:
    """The share of every factor, by name.

    A linear probability model: the expected drop of an episode is the sum of the shares of its factors, and 0 without any,
    as for the twin itself; least squares, which for factors that were run alone and together weighs both. Shares are on
    the scale of rates, so factors that together cost more or less than their sum (`vlagen_bench.report.interaction`) are averaged
    over what was run. Intervals are of a cluster bootstrap over scenes. A share is given only if it is a
    combination of what was observed (its unit vector is in the row space of the design); no small penalty hides the rest.
    """
    data = [contrast for contrast in contrasts if contrast.factors]
    names = sorted(set().union(*(contrast.factors for contrast in data)))
    design = np.array([[name in contrast.factors for name in names] for contrast in data], dtype=float)
    design = design.reshape(len(data), len(names))
    drops = np.array([contrast.drop for contrast in data], dtype=float)
    labels = {cluster: place for place, cluster in enumerate(dict.fromkeys(c.cluster for c in data))}
    clusters = np.array([labels[contrast.cluster] for contrast in data], dtype=int)
    shares = []
    for members in _blocks(design.T @ design):  # factors that never meet are told apart by themselves
        has = design[:, members].any(axis=1)
        own = [names[member] for member in members]
        shares += _shares(own, design[has][:, members], drops[has], clusters[has], confidence, seed)
    return tuple(sorted(shares, key=lambda share: share.factor))


def _shares(
    names: list[str], design: np.ndarray, drops: np.ndarray, clusters: np.ndarray, confidence: float, seed: int
) -> list[Share]:
    """Of factors that meet each other."""
    _, clusters = np.unique(clusters, return_inverse=True)
    num_clusters = clusters.max() + 1
    grams = np.zeros((num_clusters, len(names), len(names)))
    moments = np.zeros((num_clusters, len(names)))
    np.add.at(grams, clusters, design[:, :, None] * design[:, None, :])
    np.add.at(moments, clusters, design * drops[:, None])
    (estimate,), (rank,) = _solve(grams.sum(0)[None], moments.sum(0)[None])
    unknown = _projection_on_null(grams.sum(0))
    partners = {member: block for block in _blocks(unknown) for member in block if len(block) > 1}
    ends = _bootstrap(grams, moments, int(rank), confidence, seed)
    shares = []
    for place, name in enumerate(names):
        told = place not in partners
        low = high = None
        if told and ends is not None and ends[1, place] - ends[0, place] > ZERO:
            low, high = map(float, ends[:, place])
        shares.append(
            Share(
                factor=name,
                n=int(design[:, place].sum()),
                drop=float(estimate[place]) if told else None,
                low=low,
                high=high,
                confounded_with=tuple(names[other] for other in partners.get(place, ()) if other != place),
            )
        )
    return shares


def _bootstrap(grams: np.ndarray, moments: np.ndarray, rank: int, confidence: float, seed: int) -> np.ndarray | None:
    """Ends of the intervals, each (factors,); None where too few samples identify what the data do."""
    num_clusters, size = moments.shape
    if num_clusters < 2:
        return None
    samples = []
    weights = resampled(num_clusters, DRAWS, seed)
    for some in np.array_split(weights, max(1, DRAWS * size * size // CHUNK)):
        estimates, ranks = _solve(np.tensordot(some, grams, 1), some @ moments)
        samples.append(estimates[ranks == rank])
    kept = np.concatenate(samples)
    return percentiles(kept, num_clusters, confidence) if len(kept) > DRAWS / 2 else None


def _solve(grams: np.ndarray, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least-norm solutions (draws, factors) of the normal equations, and the ranks (draws,)."""
    values, vectors = np.linalg.eigh(grams)
    real = values > ZERO * values.max(axis=1, keepdims=True)
    inverse = np.where(real, 1 / np.where(real, values, 1.0), 0.0)
    solved = vectors @ (inverse * (vectors.transpose(0, 2, 1) @ moments[:, :, None])[:, :, 0])[:, :, None]
    return solved[:, :, 0], real.sum(axis=1)


def _projection_on_null(gram: np.ndarray) -> np.ndarray:
    """The projection of shares on what no observation changes; zero rows are identifiable shares."""
    values, vectors = np.linalg.eigh(gram)
    null = vectors[:, values <= ZERO * values.max()]
    projection = null @ null.T
    return np.where(np.abs(projection) > ZERO, projection, 0.0)


def _blocks(links: np.ndarray) -> list[Sequence[int]]:
    """Indices that are linked by entries that are not zero, block by block; those without any link are alone."""
    from scipy.sparse.csgraph import connected_components  # only here, since it takes a while to load

    if not len(links):
        return []
    count, labels = connected_components(links != 0, directed=False)
    return [np.flatnonzero(labels == label).tolist() for label in range(count)]
