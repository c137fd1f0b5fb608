"""Pictures as models want them: size, border, crop, compression, order of colours and orientation.

All functions take and return uint8 (H, W, 3), RGB unless the name says otherwise. Sizes are (height, width) in pixels.
"""

import io
from typing import Literal, get_args

import numpy as np

Filter = Literal["area", "bilinear", "bicubic", "lanczos"]
"""How a picture is resampled; all of them average over the pixels that they leave out (antialiasing), as PIL does"""
FILTERS: tuple[Filter, ...] = get_args(Filter)
Turn = Literal["none", "vertical", "horizontal", "rotated_180"]
"""How a picture is flipped: upside down, left for right, or both"""
TURNS: tuple[Turn, ...] = get_args(Turn)
JPEG_QUALITY = 95
"""of TensorFlow's `encode_jpeg`, which data sets in RLDS form have gone through; colours at half the resolution"""


def resize(picture: np.ndarray, size_px: tuple[int, int], how: Filter = "bilinear") -> np.ndarray:
    """The picture in another size; another shape stretches it."""
    from PIL import Image

    if picture.shape[:2] == size_px:
        return picture
    kinds = Image.Resampling
    kind = {"area": kinds.BOX, "bilinear": kinds.BILINEAR, "bicubic": kinds.BICUBIC, "lanczos": kinds.LANCZOS}[how]
    return np.array(Image.fromarray(picture).resize((size_px[1], size_px[0]), kind))


def resize_with_pad(picture: np.ndarray, size_px: tuple[int, int], how: Filter = "bilinear") -> np.ndarray:
    """The whole picture in its own proportions, centred in black, as `openpi_client.image_tools` has it."""
    height, width = size_px
    if picture.shape[:2] == size_px:
        return picture
    ratio = max(picture.shape[1] / width, picture.shape[0] / height)
    inner = max(1, int(picture.shape[0] / ratio)), max(1, int(picture.shape[1] / ratio))
    top, left = (height - inner[0]) // 2, (width - inner[1]) // 2
    whole = np.zeros((height, width, 3), np.uint8)
    whole[top : top + inner[0], left : left + inner[1]] = resize(picture, inner, how)
    return whole


def centre_crop(picture: np.ndarray, area: float, size_px: tuple[int, int]) -> np.ndarray:
    """The middle of the picture in a size, sampled bilinearly between four pixels, as `tf.image.crop_and_resize` does.

    Args:
        picture: what is cropped.
        area: the share of its area that is kept: sides are its square root. OpenVLA's fine-tuned models want 0.9.
        size_px: of the result.
    """
    side = float(np.sqrt(area))
    rows = _positions(picture.shape[0], side, size_px[0])
    columns = _positions(picture.shape[1], side, size_px[1])
    top, left = np.floor(rows).astype(int), np.floor(columns).astype(int)
    bottom, right = np.minimum(top + 1, picture.shape[0] - 1), np.minimum(left + 1, picture.shape[1] - 1)
    down, across = (rows - top)[:, None, None], (columns - left)[None, :, None]
    whole = picture.astype(np.float64)
    upper = whole[top][:, left] * (1 - across) + whole[top][:, right] * across
    lower = whole[bottom][:, left] * (1 - across) + whole[bottom][:, right] * across
    return np.clip(np.rint(upper * (1 - down) + lower * down), 0, 255).astype(np.uint8)


def jpeg_round_trip(picture: np.ndarray, quality: int = JPEG_QUALITY) -> np.ndarray:
    """The picture after it was compressed as JPEG and read again."""
    from PIL import Image

    held = io.BytesIO()
    Image.fromarray(picture).save(held, format="JPEG", quality=quality, subsampling=2)
    return np.array(Image.open(held).convert("RGB"))


def swap_red_and_blue(picture: np.ndarray) -> np.ndarray:
    """RGB as BGR, which OpenCV reads and writes; or back."""
    return np.ascontiguousarray(picture[..., ::-1])


def turned(picture: np.ndarray, how: Turn) -> np.ndarray:
    """The picture flipped; each kind is its own inverse. LIBERO's models saw theirs rotated by 180 degrees."""
    rows = slice(None, None, -1 if how in ("vertical", "rotated_180") else 1)
    columns = slice(None, None, -1 if how in ("horizontal", "rotated_180") else 1)
    return np.ascontiguousarray(picture[rows, columns])


def channels_first(picture: np.ndarray) -> np.ndarray:
    """(3, H, W), of the same type."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1))


def channels_last(picture: np.ndarray) -> np.ndarray:
    """The inverse of `channels_first`: (H, W, 3)."""
    return np.ascontiguousarray(picture.transpose(1, 2, 0))


def unit_range(picture: np.ndarray) -> np.ndarray:
    """Float32 from 0 to 1."""
    return picture.astype(np.float32) / np.float32(255)


def byte_range(picture: np.ndarray) -> np.ndarray:
    """The inverse of `unit_range`: uint8 from 0 to 255."""
    return np.clip(np.rint(picture * 255.0), 0, 255).astype(np.uint8)


def _positions(length: int, side: float, count: int) -> np.ndarray:
    """Where a crop of the middle is sampled along one side, in pixels."""
    first, last = (1 - side) / 2 * (length - 1), (1 + side) / 2 * (length - 1)
    return np.linspace(first, last, count) if count > 1 else np.array([(first + last) / 2])
