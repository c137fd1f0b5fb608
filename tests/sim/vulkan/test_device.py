"""The best device that can draw is chosen. Devices here are made up; the choice needs no GPU."""

from dataclasses import dataclass

import pytest

from vlagen_bench.errors import RenderError
from vlagen_bench.sim.vulkan import device, drivers


@dataclass(frozen=True)
class SapienDevice:
    """What SAPIEN would answer for an address."""

    pci_string: str
    cuda_id: int = -1
    draws: bool = True

    def can_render(self) -> bool:
        return self.draws

    def is_cuda(self) -> bool:
        return self.cuda_id >= 0


def seen(name: str, kind: str, pci: str, driver: str = "driver 1") -> drivers.VulkanDevice:
    return drivers.VulkanDevice(name=name, kind=kind, driver=driver, pci=pci)


LAVAPIPE = seen("llvmpipe", "software", "0000:00:00.0", "llvmpipe Mesa 25.0.7 (LLVM 15.0.6)")
INTEGRATED = seen("Intel", "integrated", "0000:00:02.0", "Intel open-source Mesa driver Mesa 25.0.7")
NVIDIA = seen("NVIDIA H200", "discrete", "0000:3b:00.0", "NVIDIA 580.65.06")
HIDDEN = seen("NVIDIA H200", "discrete", "0000:2a:00.0", "NVIDIA 580.65.06")

SAPIEN = {
    LAVAPIPE.pci: SapienDevice(LAVAPIPE.pci),
    INTEGRATED.pci: SapienDevice(INTEGRATED.pci),
    NVIDIA.pci: SapienDevice(NVIDIA.pci, cuda_id=0),
    HIDDEN.pci: SapienDevice(HIDDEN.pci),  # a GPU that CUDA_VISIBLE_DEVICES leaves out, for another job
}


def choose(monkeypatch, devices, wanted: str = "", sapien=SAPIEN) -> device.RenderDevice:
    monkeypatch.setattr(drivers, "devices", lambda: tuple(devices))
    monkeypatch.setattr(device.sapien, "Device", lambda alias: sapien[alias.removeprefix("pci:")])
    monkeypatch.setenv("VLAGEN_RENDER_DEVICE", wanted)
    return device.render_device.__wrapped__()


@pytest.mark.parametrize(
    ("devices", "alias"),
    [
        ([LAVAPIPE], "pci:0000:00:00.0"),
        ([LAVAPIPE, INTEGRATED], "pci:0000:00:02.0"),
        ([LAVAPIPE, INTEGRATED, NVIDIA], "cuda:0"),
        ([HIDDEN, NVIDIA, LAVAPIPE], "cuda:0"),
    ],
)
def test_a_gpu_comes_before_software_and_one_that_cuda_sees_before_others(monkeypatch, devices, alias):
    assert choose(monkeypatch, devices).alias == alias


@pytest.mark.parametrize(
    ("wanted", "alias"),
    [
        ("software", "pci:0000:00:00.0"),
        ("cuda", "cuda:0"),
        ("cuda:0", "cuda:0"),
        ("pci:0000:00:02.0", "pci:0000:00:02.0"),
    ],
)
def test_the_variable_overrides(monkeypatch, wanted, alias):
    assert choose(monkeypatch, [NVIDIA, INTEGRATED, LAVAPIPE], wanted).alias == alias


@pytest.mark.parametrize("wanted", ["cuda", "cuda:1", "gpu", "pci", "pci:0000:3b:00.0"])
def test_a_device_that_is_not_there_says_what_is(monkeypatch, wanted):
    with pytest.raises(RenderError, match=rf"='{wanted}' names no device .*Allowed: pci:0000:2a:00\.0, software\."):
        choose(monkeypatch, [LAVAPIPE, HIDDEN], wanted)


def test_a_device_that_cannot_draw_or_answers_for_another_address_is_passed_over(monkeypatch):
    other = SAPIEN | {NVIDIA.pci: SapienDevice(NVIDIA.pci, 0, draws=False), INTEGRATED.pci: SapienDevice(LAVAPIPE.pci)}
    assert choose(monkeypatch, [NVIDIA, INTEGRATED, LAVAPIPE], sapien=other).software


def test_software_that_is_too_old_counts_as_none_and_is_named(monkeypatch):
    old = seen("llvmpipe", "software", LAVAPIPE.pci, "llvmpipe Mesa 22.3.6 (LLVM 15.0.6)")
    with pytest.raises(RenderError, match=r"devices seen: llvmpipe, Mesa 22\.3\.6.*vlagen doctor"):
        choose(monkeypatch, [old])


def test_labels_name_the_driver():
    assert LAVAPIPE.label == "llvmpipe, Mesa 25.0.7"
    assert NVIDIA.label == "NVIDIA H200, NVIDIA 580.65.06"
