"""The corruptions of a picture between lens and policy, one function each."""

from functools import cache
from statistics import NormalDist

import cv2
import numpy as np

from vlagen_bench.sim.camera import Corruption
from vlagen_bench.utils.seeding import stream

WHITE = 255.0
READ_ELECTRONS = 4.0
"""noise of reading a pixel of a small sensor: EMVA 1288 data sheets of industrial cameras list 2 to 7"""
FINE = 16384
"""steps of linear light up to white: the darkest levels differ by several"""
NO_LIGHT = 32768
"""where 0 is among the 65,536 numbers for light with noise, which may be less than none"""


def hidden(opacity: np.ndarray, paint: np.ndarray) -> Corruption:
    """Something before the lens: its opacity float (H, W), 0 to 1, and its colours float (H, W, 3), of 255."""
    kept = cv2.cvtColor(np.rint(WHITE * (1 - opacity)).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    added = np.rint(opacity[..., None] * paint).astype(np.uint8)
    return lambda rgb, step: cv2.add(cv2.multiply(rgb, kept, scale=1 / WHITE), added)


def linear_of(coded: np.ndarray) -> np.ndarray:
    """Linear light of sRGB (IEC 61966-2-1); 1 is white in both."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def coded_of(light: np.ndarray) -> np.ndarray:
    """The inverse of `linear_of`, of light that saturates at 1."""
    light = np.clip(light, 0.0, 1.0)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def exposed(stops: float) -> Corruption:
    """Twice as much light for each stop, until a channel saturates. Pixels are taken to be in sRGB."""
    light = linear_of(np.arange(256) / WHITE) * 2.0**stops
    curve = np.rint(coded_of(light) * WHITE).astype(np.uint8)
    return lambda rgb, step: cv2.LUT(rgb, curve)


def blurred(across_px: float, down_px: float) -> Corruption:
    """Gaussian blur of these standard deviations; none at 0, which OpenCV would refuse."""
    return lambda rgb, step: cv2.GaussianBlur(rgb, (0, 0), across_px, sigmaY=down_px) if across_px else rgb


def noisy(deviation: float, seed: int, *, sensor_px: tuple[int, int] | None = None) -> Corruption:
    """A sensor's noise, from (seed, step): that of photons, which grows with the light, and that of reading a pixel.

    Variance a * light + b, in linear light, as in Foi, Trimeche, Katkovnik and Egiazarian, "Practical Poissonian-Gaussian
    noise modeling and fitting for single-image raw data" (IEEE TIP 17, 2008). It falls on the pixels of a Bayer pattern and
    is spread over the colours as demosaicing does, bilinearly.

    Args:
        deviation: of white light, in % of it. 10 means that white is 100 electrons.
        seed: of the episode.
        sensor_px: width and height of the sensor; None: those of the picture. The noise of another picture is the sensor's,
            resampled, so that no policy gets rid of it by asking for larger pictures and making them smaller.
    """
    per_photon = (deviation / 100) ** 2
    read = (READ_ELECTRONS * per_photon) ** 2
    light_of = np.rint(FINE * linear_of(np.arange(256) / WHITE)).astype(np.uint16)
    level_of = np.rint(WHITE * coded_of((np.arange(65536) - NO_LIGHT) / FINE)).astype(np.uint8)

    def apply(rgb: np.ndarray, step: int) -> np.ndarray:
        if not deviation:
            return rgb
        light = cv2.LUT(rgb, light_of)
        caught = _resampled(light, sensor_px or light.shape[1::-1])
        spread = np.sqrt(per_photon / FINE * _mosaic(caught) + np.float32(read)) * _normal(seed, step, caught.shape[:2])
        raw = np.clip(FINE * spread + NO_LIGHT, 0, 65535).astype(np.uint16)
        noise = _resampled(cv2.cvtColor(raw, cv2.COLOR_BayerRGGB2RGB), light.shape[1::-1])
        return level_of[cv2.add(light, noise)]

    return apply


def _resampled(picture: np.ndarray, size_px: tuple[int, ...]) -> np.ndarray:
    """A picture of this width and height; the same where it has them."""
    if picture.shape[1::-1] == tuple(size_px):
        return picture
    return cv2.resize(picture, size_px, interpolation=cv2.INTER_AREA)


def _mosaic(light: np.ndarray) -> np.ndarray:
    """What a sensor's pixels see through their colour filters, float32 (H, W): red and green, then green and blue."""
    seen = light[..., 1].astype(np.float32)
    seen[::2, ::2], seen[1::2, 1::2] = light[::2, ::2, 0], light[1::2, 1::2, 2]
    return seen


def _normal(seed: int, step: int, size: tuple[int, int]) -> np.ndarray:
    """Normal numbers by their quantiles: ten times as fast as `RandomState.standard_normal`, and as frozen."""
    drawn = stream(seed, "sensor", step).bytes(2 * size[0] * size[1])
    return _quantiles()[np.frombuffer(drawn, dtype="<u2").reshape(size)]


@cache
def _quantiles() -> np.ndarray:
    normal = NormalDist()
    return np.array([normal.inv_cdf((number + 0.5) / 65536) for number in range(65536)], dtype=np.float32)


def compressed(quality: int) -> Corruption:
    """Through JPEG and back."""

    def apply(rgb: np.ndarray, step: int) -> np.ndarray:
        _, packed = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
        unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        assert unpacked is not None, "OpenCV reads what it has written"
        return cv2.cvtColor(unpacked, cv2.COLOR_BGR2RGB)

    return apply
