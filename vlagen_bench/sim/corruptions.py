"""The corruptions of a picture between lens and policy, one function each."""

import cv2
import numpy as np

from vlagen_bench.sim.camera import Corruption
from vlagen_bench.utils.seeding import stream

WHITE = 255.0


def hidden(covered: np.ndarray, grey: float) -> Corruption:
    """Something opaque before the lens, where `covered` (bool (H, W)) is true: 0 black, 1 white."""

    def apply(rgb: np.ndarray, step: int) -> np.ndarray:
        out = rgb.copy()
        out[covered] = round(grey * WHITE)
        return out

    return apply


def exposed(stops: float) -> Corruption:
    """Twice as much light for each stop. Pixels are taken to be in sRGB (IEC 61966-2-1)."""
    coded = np.arange(256) / WHITE
    light = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    light = np.minimum(light * 2.0**stops, 1.0)
    recoded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    curve = np.rint(recoded * WHITE).astype(np.uint8)
    return lambda rgb, step: cv2.LUT(rgb, curve)


def blurred(across_px: float, down_px: float) -> Corruption:
    """Gaussian blur of these standard deviations; none at 0, which OpenCV would refuse."""
    return lambda rgb, step: cv2.GaussianBlur(rgb, (0, 0), across_px, sigmaY=down_px) if across_px else rgb


def noisy(deviation: float, seed: int) -> Corruption:
    """Normal noise of each pixel and colour, from (seed, step)."""

    def apply(rgb: np.ndarray, step: int) -> np.ndarray:
        noise = stream(seed, "sensor", step).standard_normal(rgb.shape)
        return np.clip(np.rint(rgb + deviation * noise), 0, WHITE).astype(np.uint8)

    return apply


def compressed(quality: int) -> Corruption:
    """Through JPEG and back."""

    def apply(rgb: np.ndarray, step: int) -> np.ndarray:
        _, packed = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
        unpacked = cv2.imdecode(packed, cv2.IMREAD_COLOR)
        assert unpacked is not None, "OpenCV reads what it has written"
        return cv2.cvtColor(unpacked, cv2.COLOR_BGR2RGB)

    return apply
