"""The floating-point mode of a thread: how numbers are rounded, and whether the tiniest become zero.

Libraries and policies change it, by a call or by being loaded, and results change with it. Linux only: elsewhere, nothing is
read and nothing is set.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

MODE_BYTES = 64
"""room for `fenv_t` of the C library, which has 32 bytes on x86-64 and 8 on ARM64"""
DEFAULT_MODE = ctypes.c_void_p(-1)
"""FE_DFL_ENV of glibc and musl"""

if sys.platform == "linux":
    _LIBM = ctypes.CDLL(None)  # which Python itself is linked with
    _get, _set = _LIBM.fegetenv, _LIBM.fesetenv
else:
    _get = _set = bool


def float_mode() -> "ctypes.Array[ctypes.c_char]":
    """The mode of this thread: rounding, flush to zero, traps."""
    mode = ctypes.create_string_buffer(MODE_BYTES)
    _get(mode)
    return mode


def set_float_mode(mode: "ctypes.Array[ctypes.c_char]") -> None:
    """Makes it the mode of this thread."""
    _set(mode)


@contextmanager
def default_float_mode() -> Iterator[None]:
    """Inside, numbers are rounded to the nearest and nothing is flushed to zero, whatever the process chose before."""
    before = float_mode()
    _set(DEFAULT_MODE)
    try:
        yield
    finally:
        _set(before)
