"""What differs between two pictures: the regions, or that it is the whole picture."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BLOCK_PX = 8
"""differences are looked at in squares of this size"""
LEAST = 24
"""of 255, by which a colour differs where it is seen to"""
LEAST_SHARE = 0.06
"""of the pixels of a square, that differ so in a square that is said to"""
LEAST_BLOCKS = 2
"""squares side by side that make a region"""
EVERYWHERE = 0.35
"""share of the squares that differ, from which on no region says what does"""
SPANNED = 0.6
"""the same for the share that one region spans"""
MOST_REGIONS = 6


@dataclass(frozen=True, kw_only=True)
class Region:
    """A rectangle of pixels; its right and bottom are outside of it."""

    left: int
    top: int
    right: int
    bottom: int

    def touches(self, other: "Region") -> bool:
        """Whether they have a pixel, or an edge, in common."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )

    def joined(self, other: "Region") -> "Region":
        """The rectangle around both."""
        return Region(
            left=min(self.left, other.left),
            top=min(self.top, other.top),
            right=max(self.right, other.right),
            bottom=max(self.bottom, other.bottom),
        )

    @property
    def area(self) -> int:
        """In pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What differs between a picture and its twin."""

    everywhere: bool
    """whether so much differs that no region says what"""
    regions: tuple[Region, ...]
    """the largest first; empty where nothing differs, and where everything does"""


def changes(picture: np.ndarray, twin: np.ndarray) -> Changes:
    """What differs between two pictures, uint8 (H, W, 3); pictures of unlike size differ everywhere."""
    if picture.shape != twin.shape:
        return Changes(everywhere=True, regions=())
    differs = np.abs(picture.astype(np.int16) - twin.astype(np.int16)).max(axis=2) >= LEAST
    height, width = (-(-side // BLOCK_PX) for side in differs.shape)
    padded = np.zeros((height * BLOCK_PX, width * BLOCK_PX))
    padded[: differs.shape[0], : differs.shape[1]] = differs
    blocks = padded.reshape(height, BLOCK_PX, width, BLOCK_PX).mean(axis=(1, 3)) >= LEAST_SHARE
    share = float(blocks.mean())
    regions = _apart(list(_patches(blocks)))
    spanned = max((region.area / blocks.size / BLOCK_PX**2 for region in regions), default=0.0)
    if share >= EVERYWHERE or spanned >= SPANNED:
        return Changes(everywhere=True, regions=())
    largest = sorted(regions, key=lambda region: (-region.area, region.left, region.top))[:MOST_REGIONS]
    return Changes(everywhere=False, regions=tuple(_within(region, *differs.shape) for region in largest))


def _patches(blocks: np.ndarray) -> Iterator[Region]:
    """The rectangles around squares that are side by side, or corner to corner."""
    left = {(int(row), int(column)) for row, column in np.argwhere(blocks)}
    while left:
        found, edge = set[tuple[int, int]](), [left.pop()]
        while edge:
            row, column = edge.pop()
            found.add((row, column))
            near = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
            left -= near
            edge += near
        if len(found) >= LEAST_BLOCKS:
            rows, columns = zip(*found, strict=True)
            yield Region(
                left=min(columns) * BLOCK_PX,
                top=min(rows) * BLOCK_PX,
                right=(max(columns) + 1) * BLOCK_PX,
                bottom=(max(rows) + 1) * BLOCK_PX,
            )


def _apart(regions: list[Region]) -> list[Region]:
    """The same, those that touch each other joined."""
    for place, region in enumerate(regions):
        for other in regions[place + 1 :]:
            if region.touches(other):
                rest = [one for one in regions if one not in (region, other)]
                return _apart([*rest, region.joined(other)])
    return regions


def _within(region: Region, height: int, width: int) -> Region:
    return Region(left=region.left, top=region.top, right=min(region.right, width), bottom=min(region.bottom, height))
