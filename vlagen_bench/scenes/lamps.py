"""Lamps and skies by colour temperature, and the light that falls on a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import pi

import numpy as np

from vlagen_bench.errors import ConfigError
from vlagen_bench.scenes.verbs import Light, Vec3

WARMEST_K, COLDEST_K = 2700.0, 8000.0
"""from a warm lamp at home to blue sky"""
WHITE_BALANCE_K = 5000.0
"""of every camera, fixed: light of this temperature is white to it"""
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""of linear sRGB (IEC 61966-2-1)"""
_RGB_OF_XYZ = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


def chromaticity(kelvin: float) -> tuple[float, float]:
    """CIE 1931 x, y of a black body, 2,222 to 25,000 K.

    By the cubic splines of Kim, Cho, Kang and Hong, "Color temperature conversion system and method using the same",
    US patent 7,024,034 (2006).
    """
    warm = kelvin <= 4000
    x_terms = (-0.2661239, -0.2343589, 0.8776956, 0.179910) if warm else (-3.0258469, 2.1070379, 0.2226347, 0.240390)
    y_terms = (
        (-0.9549476, -1.37418593, 2.09137015, -0.16748867)
        if warm
        else (3.0817580, -5.87338670, 3.75112997, -0.37001483)
    )
    x = float(np.polyval(x_terms, 1000 / kelvin))
    return x, float(np.polyval(y_terms, x))


def colour_of(kelvin: float) -> Vec3:
    """Linear sRGB of light of a colour temperature, of luminance 1, after the camera's white balance.

    The white balance divides each channel by what it is at `WHITE_BALANCE_K`, as a camera's gains do.

    Raises:
        ConfigError: no lamp and no sky here has this temperature.
    """
    if not WARMEST_K <= kelvin <= COLDEST_K:
        raise ConfigError(
            f"A light of {kelvin:g} K: choose a colour temperature from {WARMEST_K:g} K (warm lamp) to {COLDEST_K:g} K (blue sky)."
        )
    balanced = _linear(kelvin) / _linear(WHITE_BALANCE_K)
    red, green, blue = (float(part) for part in balanced / (balanced @ LUMINANCE))
    return red, green, blue


def _linear(kelvin: float) -> np.ndarray:
    x, y = chromaticity(kelvin)
    rgb: np.ndarray = _RGB_OF_XYZ @ np.array([x / y, 1.0, (1 - x - y) / y])
    return rgb


@dataclass(frozen=True, kw_only=True)
class Sky:
    """Light from everywhere: the sky through windows, or walls that lamps shine on."""

    kelvin: float
    intensity: float
    """what of it falls on every surface; 1 shows a white one as white"""

    @property
    def colour(self) -> Vec3:
        """Linear sRGB."""
        return _times(colour_of(self.kelvin), self.intensity)


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """The sun, a window or a lamp, far enough to shine in one direction."""

    kelvin: float
    intensity: float
    """pi shows a white surface that faces it as white"""
    direction: Vec3
    """where it shines to"""
    penumbra_m: float
    """width of the soft rim of its shadows: the larger the lamp, the softer"""
    shadow: bool = False

    def light(self) -> Light:
        """What the renderer draws of it."""
        return Light(
            direction=self.direction,
            colour=_times(colour_of(self.kelvin), self.intensity),
            shadow=self.shadow,
            penumbra_m=self.penumbra_m,
        )


def irradiance(ambient: Vec3, lights: Iterable[Light]) -> Vec3:
    """Linear rgb of the light on a table without shadows, 1 being as much as shows a white one as white."""
    total = np.array(ambient, dtype=float)
    for light in lights:
        down = -light.direction[2] / np.linalg.norm(light.direction)
        total += np.array(light.colour) * max(float(down), 0.0) / pi
    red, green, blue = (float(part) for part in total)
    return red, green, blue


def _times(colour: Vec3, factor: float) -> Vec3:
    red, green, blue = (round(part * factor, 6) for part in colour)
    return red, green, blue
