"""Frames of changes: along the axes of the robot's base, of the world or of the tool, and axes that a model names otherwise."""

from typing import Literal, get_args

import numpy as np

from vlagen_bench.policies.conversion.rotations import inverse, multiply, rotate

Frame = Literal["base", "tool", "world"]
"""Whose axes a change is along, or a pose is given in"""
FRAMES: tuple[Frame, ...] = get_args(Frame)


def turned_change(turn_wxyz: np.ndarray, move: np.ndarray, rotation_wxyz: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A change, seen along other axes.

    Args:
        turn_wxyz: (4,) how the axes that it is given along lie in the ones that it is wanted along.
        move: (..., 3) of the position, in any unit.
        rotation_wxyz: (..., 4) of the orientation.

    Returns:
        The same along the other axes.
    """
    return rotate(turn_wxyz, move), multiply(multiply(turn_wxyz, rotation_wxyz), inverse(turn_wxyz))


def axes_matrix(axes: str) -> np.ndarray:
    """The matrix (3, 3) of signed axes: `-y,x,z` says that the model's first axis is our -y.

    Raises:
        ValueError: it does not name x, y and z once each.
    """
    names = [part.strip() for part in axes.split(",")]
    if sorted(name.lstrip("+-") for name in names) != ["x", "y", "z"]:
        raise ValueError(f"'{axes}' does not name x, y and z once each, such as x,y,z or -y,x,z")
    matrix = np.zeros((3, 3))
    for column, name in enumerate(names):
        matrix["xyz".index(name.lstrip("+-")), column] = -1.0 if name.startswith("-") else 1.0
    return matrix


def with_axes(matrix: np.ndarray, vectors: np.ndarray, *, rotations: bool = False) -> np.ndarray:
    """Vectors (..., 3) of a model's axes along ours.

    Args:
        matrix: (3, 3) of `axes_matrix`.
        vectors: moves, or with `rotations` rotation vectors, whose sense a mirrored set of axes reverses.
        rotations: which of the two they are.
    """
    turned = np.asarray(vectors, np.float64) @ matrix.T
    return turned * round(float(np.linalg.det(matrix))) if rotations else turned
