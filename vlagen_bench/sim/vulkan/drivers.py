"""The Vulkan devices and drivers of this machine, from the loader; needs no SAPIEN."""

import contextlib
import ctypes
import os
import re
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_uint8, c_uint32, c_void_p, pointer
from dataclasses import dataclass
from functools import cache

_API_1_1 = 1 << 22 | 1 << 12
_KINDS = {1: "integrated", 2: "discrete", 3: "virtual", 4: "software"}

OLDEST_MESA = (24, 3)
"""SAPIEN 3.0.3 needs Vulkan features that older lavapipe lacks (ErrorFeatureNotPresent, ErrorExtensionNotPresent)."""


@dataclass(frozen=True, kw_only=True)
class VulkanDevice:
    """A device as its driver describes it."""

    name: str
    kind: str
    """integrated, discrete, virtual, software or other"""
    driver: str
    """name and version, e.g. `llvmpipe Mesa 25.0.7 (LLVM 15.0.6)`"""
    pci: str
    """address such as `0000:3b:00.0`; zeros for a device without one, like software"""

    @property
    def label(self) -> str:
        """Name and driver version for people: `llvmpipe (LLVM 15.0.6, 256 bits), Mesa 25.0.7`."""
        mesa = re.search(r"Mesa [\d.]*\d", self.driver)
        return f"{self.name}, {mesa.group() if mesa else self.driver}"

    @property
    def mesa(self) -> tuple[int, ...] | None:
        """The version of Mesa, or None where the driver is not Mesa's."""
        match = re.search(r"Mesa (\d+)\.(\d+)\.(\d+)", self.driver)
        return tuple(int(part) for part in match.groups()) if match else None

    @property
    def too_old(self) -> bool:
        """Whether this is a software device that SAPIEN cannot use because its Mesa is too old."""
        return self.kind == "software" and self.mesa is not None and self.mesa < OLDEST_MESA


# The C structures of vulkan_core.h, as far as they are used here; `stype` numbers are those of VkStructureType.


class _ApplicationInfo(Structure):
    _fields_ = (
        ("stype", c_uint32),
        ("next", c_void_p),
        ("name", c_char_p),
        ("version", c_uint32),
        ("engine", c_char_p),
        ("engine_version", c_uint32),
        ("api_version", c_uint32),
    )


class _InstanceInfo(Structure):
    _fields_ = (
        ("stype", c_uint32),
        ("next", c_void_p),
        ("flags", c_uint32),
        ("application", POINTER(_ApplicationInfo)),
        ("num_layers", c_uint32),
        ("layers", c_void_p),
        ("num_extensions", c_uint32),
        ("extensions", c_void_p),
    )


class _Pci(Structure):
    _fields_ = (
        ("stype", c_uint32),
        ("next", c_void_p),
        ("domain", c_uint32),
        ("bus", c_uint32),
        ("device", c_uint32),
        ("function", c_uint32),
    )


class _Driver(Structure):
    _fields_ = (
        ("stype", c_uint32),
        ("next", c_void_p),
        ("id", c_uint32),
        ("name", c_char * 256),
        ("info", c_char * 256),
        ("conformance", c_uint8 * 4),
    )


class _Properties(Structure):
    _fields_ = (
        ("stype", c_uint32),
        ("next", c_void_p),
        ("api_version", c_uint32),
        ("driver_version", c_uint32),
        ("vendor_id", c_uint32),
        ("device_id", c_uint32),
        ("kind", c_uint32),
        ("name", c_char * 256),
        ("rest", c_uint8 * 1024),  # limits and flags, about 550 bytes, unread
    )


def loader() -> ctypes.CDLL | None:
    """The Vulkan loader, the system's or else the one that SAPIEN brings and names in its variable."""
    for name in ("libvulkan.so.1", os.environ.get("SAPIEN_VULKAN_LIBRARY_PATH", "")):
        with contextlib.suppress(OSError):
            if name:
                return ctypes.CDLL(name)
    return None


@cache
def devices() -> tuple[VulkanDevice, ...]:
    """All Vulkan devices, in the loader's order; none without loader or driver.

    SAPIEN does not say which driver it uses, and may abort where there is none, so this looks first.
    """
    library = loader()
    if library is None:
        return ()
    application = _ApplicationInfo(stype=0, api_version=_API_1_1)
    info = _InstanceInfo(stype=1, application=pointer(application))
    instance = c_void_p()
    if library.vkCreateInstance(byref(info), None, byref(instance)) != 0:
        return ()
    try:
        count = c_uint32()
        library.vkEnumeratePhysicalDevices(instance, byref(count), None)
        handles = (c_void_p * count.value)()
        library.vkEnumeratePhysicalDevices(instance, byref(count), handles)
        return tuple(_describe(library, c_void_p(handle)) for handle in handles[: count.value])
    finally:
        library.vkDestroyInstance(instance, None)


def _describe(library: ctypes.CDLL, handle: c_void_p) -> VulkanDevice:
    # A driver that does not know one of the chained structures leaves it as it is: empty, zeros.
    pci = _Pci(stype=1000212000)
    driver = _Driver(stype=1000196000, next=ctypes.cast(pointer(pci), c_void_p))
    properties = _Properties(stype=1000059001, next=ctypes.cast(pointer(driver), c_void_p))
    library.vkGetPhysicalDeviceProperties2(handle, byref(properties))
    return VulkanDevice(
        name=properties.name.decode(errors="replace"),
        kind=_KINDS.get(properties.kind, "other"),
        driver=f"{driver.name.decode(errors='replace')} {driver.info.decode(errors='replace')}".strip(),
        pci=f"{pci.domain:04x}:{pci.bus:02x}:{pci.device:02x}.{pci.function:x}",
    )
