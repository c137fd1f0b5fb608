"""The choice of the Vulkan device: an NVIDIA GPU, else another GPU, else software (Mesa's lavapipe).

`VLAGEN_RENDER_DEVICE` overrides the choice: `software`, `cuda`, `cuda:1`, or a PCI address as `pci:0000:3b:00.0`.

ManiSkill 3.0.1 cannot name a device that is not CUDA's, and SAPIEN's own preference puts lavapipe before an integrated
GPU without ray tracing, so the choice is made here. How many threads lavapipe draws with is Mesa's own setting,
`LP_NUM_THREADS`; nothing here sets it.
"""

import os
from dataclasses import dataclass
from functools import cache

import sapien
import sapien.render

from vlagen_bench.errors import RenderError
from vlagen_bench.sim import fork_guard
from vlagen_bench.sim.vulkan import drivers

_VARIABLE = "VLAGEN_RENDER_DEVICE"
_ORDER = ("discrete", "integrated", "virtual", "other", "software")
DOCTOR = "Run `vlagen doctor`: it says what is missing, and which command repairs it."


@dataclass(frozen=True, kw_only=True)
class RenderDevice:
    """The device that draws."""

    alias: str
    """as SAPIEN takes it: `cuda:0`, `pci:0000:00:00.0`"""
    label: str
    """name and driver: `llvmpipe (LLVM 15.0.6, 256 bits), Mesa 25.0.7`"""
    software: bool


@cache
def render_device() -> RenderDevice:
    """The device that draws, chosen once in a process; raises `RenderError` without one."""
    wanted = os.environ.get(_VARIABLE, "")
    usable = _usable()
    for device in usable:
        if _fits(device, wanted):
            return device
    seen = "; ".join(device.label for device in drivers.devices()) or "none"
    if wanted:
        allowed = ", ".join(["software" if device.software else device.alias for device in usable]) or "none"
        raise RenderError(f"{_VARIABLE}='{wanted}' names no device that can draw here. Allowed: {allowed}. {DOCTOR}")
    raise RenderError(f"No Vulkan device can draw the scene (devices seen: {seen}). {DOCTOR}")


def new_render_system() -> sapien.render.RenderSystem:
    """A render system on the chosen device; `RenderError` if its driver refuses."""
    fork_guard.check()
    try:
        _keep_shaders()
        return sapien.render.RenderSystem(sapien.Device(render_device().alias))
    except RuntimeError as error:
        raise RenderError(f"The driver of {describe()} cannot draw the scene ({error}). {DOCTOR}") from None


@cache
def _keep_shaders() -> sapien.render.RenderSystem:
    """A render system that lives as long as the process.

    SAPIEN throws its compiled shaders away with the last render system; compiling them again costs some 0.2 s on a CPU.
    """
    return sapien.render.RenderSystem(sapien.Device(render_device().alias))


def describe() -> str:
    """The device and its driver, for run headers."""
    return render_device().label


def _usable() -> list[RenderDevice]:
    """The devices that SAPIEN can draw with, best first: CUDA's, since it hides the GPUs that are not for us."""
    ranked: list[tuple[bool, int, int, RenderDevice]] = []
    for seen in drivers.devices():
        try:
            device = sapien.Device(f"pci:{seen.pci}")
        except RuntimeError:
            continue
        # SAPIEN takes an address that it does not know for a bus number, and may answer with another device.
        if device.can_render() and device.pci_string == seen.pci and not seen.too_old:
            alias = f"cuda:{device.cuda_id}" if device.is_cuda() else f"pci:{seen.pci}"
            choice = RenderDevice(alias=alias, label=seen.label, software=seen.kind == "software")
            ranked.append((not device.is_cuda(), _ORDER.index(seen.kind), len(ranked), choice))
    return [choice for *_, choice in sorted(ranked, key=lambda entry: entry[:3])]


def _fits(device: RenderDevice, wanted: str) -> bool:
    if wanted == "software":
        return device.software
    if wanted == "cuda":
        return device.alias.startswith("cuda:")
    return wanted in ("", device.alias)
