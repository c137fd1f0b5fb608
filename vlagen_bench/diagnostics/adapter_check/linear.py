"""What became of vectors that went through a wrong conversion, where it is linear: signs, order, units, another frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vlagen_bench.diagnostics.adapter_check.mistakes import Kind, Mistake

AXES = "xyz"
CLOSE = 0.02
"""largest share by which a fit may be off"""
UNITS = {
    1000.0: "millimetres taken for metres", 0.001: "metres taken for millimetres", 100.0: "centimetres taken for metres",
    0.01: "metres taken for centimetres", 180 / np.pi: "degrees taken for radians", np.pi / 180: "radians taken for degrees",
}  # fmt: skip
"""factor -> in words"""


@dataclass(frozen=True, kw_only=True)
class LinearMap:
    """What turns right vectors into found ones."""

    axes: np.ndarray
    """(3, 3) of -1, 0 and 1, one for each row and column"""
    factor: float


def linear_map(right: np.ndarray, found: np.ndarray) -> tuple[LinearMap | None, np.ndarray | None]:
    """The map of vectors (n, 3), if signs, order and one factor make it; else the matrix (3, 3), if any makes it.

    Args:
        right: what they should be.
        found: what the adapter made of them.
    """
    solved, *_ = np.linalg.lstsq(right, found, rcond=None)
    size = float(np.abs(found).max())
    if size == 0 or np.abs(right @ solved - found).max() > CLOSE * size:
        return None, None
    matrix = solved.T
    factor = float(np.abs(matrix).max())
    shape = np.where(np.abs(matrix) > CLOSE * factor, matrix / factor, 0.0)
    whole = np.rint(shape)
    if np.abs(shape - whole).max() > CLOSE or not _is_permutation(whole):
        return None, matrix
    return LinearMap(axes=whole, factor=factor), matrix


def linear_mistakes(right: np.ndarray, found: np.ndarray, what: str) -> list[Mistake]:
    """What is wrong with vectors (n, 3), where signs, order, one factor or one for each axis explain it; else nothing."""
    map, matrix = linear_map(right, found)
    if map is not None:
        return _signs_and_order(map.axes, what) + _factor(map.factor, what) or _slightly(right, found, what)
    if matrix is not None and _is_diagonal(matrix, float(np.abs(matrix).max())):
        return [_uneven(matrix, what)]
    return []


def common_axes(moves: LinearMap | None, turns: LinearMap | None) -> list[Mistake]:
    """The one mistake where moves and turns are along the same wrong axes, turned or mirrored as a whole; else nothing."""
    if moves is None or turns is None or np.array_equal(moves.axes, np.eye(3)):
        return []
    determinant = round(float(np.linalg.det(moves.axes)))
    if not np.array_equal(turns.axes, determinant * moves.axes):
        return []
    factors = _factor(moves.factor, "translation") + _factor(turns.factor, "rotation")
    given = _named(moves.axes)
    if determinant == 1:
        text = f"frame: moves and turns are along other axes ({given} in place of x, y, z), turned as a whole: another frame."
        return [Mistake(kind="frame", text=text), *factors]
    kind: Kind = "sign" if np.array_equal(np.abs(moves.axes), np.eye(3)) else "order"
    words = "the signs of axes are wrong" if kind == "sign" else "axes have changed places"
    text = f"axes: {words}, of moves and turns alike ({given} in place of x, y, z), which mirrors the world."
    return [Mistake(kind=kind, text=text), *factors]


def _is_permutation(matrix: np.ndarray) -> bool:
    return bool((np.abs(matrix).sum(axis=0) == 1).all() and (np.abs(matrix).sum(axis=1) == 1).all())


def _is_diagonal(matrix: np.ndarray, factor: float) -> bool:
    return bool(np.abs(matrix - np.diag(np.diag(matrix))).max() <= CLOSE * factor)


def _uneven(matrix: np.ndarray, what: str) -> Mistake:
    factors = ", ".join(f"{axis} {value:.3g}" for axis, value in zip(AXES, np.diag(matrix), strict=True))
    return Mistake(
        kind="normalisation",
        text=f"{what}: each axis has a factor of its own ({factors}), as where the statistics of another data set undo the "
        f"normalisation, or none do.",
    )


def _signs_and_order(matrix: np.ndarray, what: str) -> list[Mistake]:
    if np.array_equal(matrix, np.eye(3)):
        return []
    sources = [int(np.argmax(np.abs(row))) for row in matrix]
    given = _named(matrix)
    if sources == [0, 1, 2]:
        wrong = [AXES[i] for i in range(3) if matrix[i, i] < 0]
        return [
            Mistake(kind="sign", text=f"{what}: the sign of {_listed(wrong)} is wrong ({given} in place of x, y, z).")
        ]
    if (matrix >= 0).all():
        return [Mistake(kind="order", text=f"{what}: the axes are in another order ({given} in place of x, y, z).")]
    return [Mistake(kind="frame", text=f"{what}: it is along other axes ({given} in place of x, y, z): another frame.")]


def _named(matrix: np.ndarray) -> str:
    """Whence each of x, y and z comes."""
    return ", ".join(("-" if row.sum() < 0 else "") + AXES[int(np.argmax(np.abs(row)))] for row in matrix)


def _factor(factor: float, what: str) -> list[Mistake]:
    if abs(factor - 1) <= CLOSE:
        return []
    words = next((words for known, words in UNITS.items() if abs(factor / known - 1) <= CLOSE), "another unit or scale")
    return [Mistake(kind="units", text=f"{what}: {factor:.4g} times as large as it should be: {words}.")]


def _slightly(right: np.ndarray, found: np.ndarray, what: str) -> list[Mistake]:
    """A factor so near 1 that a fit with other axes would not tell it, where nothing else differs."""
    factor = float((right * found).sum() / (right * right).sum())
    if np.abs(found - factor * right).max() > 0.1 * np.abs(found - right).max():
        return []
    return [Mistake(kind="units", text=f"{what}: {factor:.5g} times as large as it should be: another scale.")]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
