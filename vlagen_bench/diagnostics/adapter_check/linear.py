"""What became of vectors that went through a wrong conversion, where it is linear: signs, order, units, another frame."""

from collections.abc import Sequence

import numpy as np

from vlagen_bench.diagnostics.adapter_check.mistakes import Mistake

AXES = "xyz"
CLOSE = 0.02
"""largest share by which a fit may be off"""
UNITS = {
    1000.0: "millimetres taken for metres", 0.001: "metres taken for millimetres", 100.0: "centimetres taken for metres",
    0.01: "metres taken for centimetres", 180 / np.pi: "degrees taken for radians", np.pi / 180: "radians taken for degrees",
}  # fmt: skip
"""factor -> in words"""


def linear_mistakes(right: np.ndarray, found: np.ndarray, what: str) -> list[Mistake]:
    """What turns the right vectors (n, 3) into the found ones, if a matrix of signs, order and one factor does; else nothing.

    Args:
        right: what they should be.
        found: what the adapter made of them.
        what: `translation` or `rotation`.
    """
    matrix, *_ = np.linalg.lstsq(right, found, rcond=None)
    size = float(np.abs(found).max())
    if size == 0 or np.abs(right @ matrix - found).max() > CLOSE * size:
        return []
    matrix = matrix.T
    factor = float(np.abs(matrix).max())
    shape = np.where(np.abs(matrix) > CLOSE * factor, matrix / factor, 0.0)
    whole = np.rint(shape)
    if np.abs(shape - whole).max() > CLOSE or not _is_permutation(whole):
        return [_uneven(matrix, what)] if _is_diagonal(matrix, factor) else []
    return _signs_and_order(whole, what) + _factor(factor, what)


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
    given = ", ".join(
        f"{'-' if row[source] < 0 else ''}{AXES[source]}" for row, source in zip(matrix, sources, strict=True)
    )
    if sources == [0, 1, 2]:
        wrong = [AXES[i] for i in range(3) if matrix[i, i] < 0]
        return [
            Mistake(kind="sign", text=f"{what}: the sign of {_listed(wrong)} is wrong ({given} in place of x, y, z).")
        ]
    if (matrix >= 0).all():
        return [Mistake(kind="order", text=f"{what}: the axes are in another order ({given} in place of x, y, z).")]
    return [Mistake(kind="frame", text=f"{what}: it is along other axes ({given} in place of x, y, z): another frame.")]


def _factor(factor: float, what: str) -> list[Mistake]:
    if abs(factor - 1) <= CLOSE:
        return []
    words = next((words for known, words in UNITS.items() if abs(factor / known - 1) <= CLOSE), "another unit or scale")
    return [Mistake(kind="units", text=f"{what}: {factor:.4g} times as large as it should be: {words}.")]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
