"""The doctor sees what is there, and names the command for what is not."""

import importlib.metadata
import io
import json
import subprocess
import sys

import pytest
from rich.console import Console

from vlagen_bench.diagnostics import doctor, vulkan_packages
from vlagen_bench.diagnostics.doctor import MachineCheck
from vlagen_bench.sim.vulkan.drivers import VulkanDevice
from vlagen_bench.utils import installing, paths

DEBIAN_12 = {"ID": "debian", "VERSION_ID": "12", "VERSION_CODENAME": "bookworm"}


def lavapipe(version: str) -> VulkanDevice:
    return VulkanDevice(
        name="llvmpipe (LLVM 15.0.6, 256 bits)",
        kind="software",
        driver=f"llvmpipe Mesa {version} (LLVM 15.0.6)",
        pci="0000:00:00.0",
    )


def finding(**changes) -> MachineCheck:
    return MachineCheck(**({"what": "thing", "value": "v", "ok": True} | changes))


def finished(stdout: str = "", stderr: str = "", code: int = 0):
    return lambda *_, **__: subprocess.CompletedProcess([], code, stdout, stderr)


def prescription(monkeypatch, findings: list[MachineCheck]) -> tuple[int, str]:
    monkeypatch.setattr(doctor, "examine", lambda: findings)
    out = io.StringIO()
    return doctor.run(Console(file=out, width=100)), out.getvalue()


def test_only_required_findings_decide():
    assert doctor.healthy([finding(), finding(ok=False, required=False)])
    assert not doctor.healthy([finding(), finding(ok=False)])


def test_the_report_names_each_remedy_once_and_the_exit_code_says_the_verdict(monkeypatch):
    command = "apt-get install " + "x" * 200 + " [a]"
    broken = [finding(what="one", ok=False, remedy=command), finding(what="two", ok=False, remedy=command)]
    code, text = prescription(monkeypatch, broken)
    assert code == 1
    assert text.count(command) == 1
    assert "one, two, to repair" in text
    assert "cannot run the benchmark yet" in text
    code, text = prescription(monkeypatch, [finding()])
    assert code == 0
    assert "can run the benchmark" in text


def test_a_missing_package_and_a_wrong_version_name_the_pin(monkeypatch):
    monkeypatch.setattr(doctor, "_pins", lambda: {"sapien": "3.0.3", "nosuchpackage": "1.2"})
    monkeypatch.setattr(doctor.importlib.metadata, "version", lambda name: "2.0" if name == "sapien" else missing(name))
    assert doctor._package("sapien").remedy == installing.packages("sapien==3.0.3")
    absent = doctor._package("nosuchpackage")
    assert (absent.ok, absent.value) == (False, "not installed")
    assert absent.remedy == installing.packages("nosuchpackage==1.2")


def missing(name: str):
    raise doctor.importlib.metadata.PackageNotFoundError(name)


def test_the_pins_are_those_of_the_distribution():
    pins = doctor._pins()
    assert pins["sapien"] == importlib.metadata.version("sapien")
    assert pins["mani_skill"] == importlib.metadata.version("mani_skill")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (finished(stdout='noise\n{"device": "d", "seconds": 1}\n'), None),
        (finished(stdout='{"error": "no device", "seconds": 0}\n', code=1), "no device"),
        (finished(code=-6), "SIGABRT"),
        (finished(code=-11), "SIGSEGV"),
        (finished(stderr="Traceback\nImportError: libX11.so.6\n", code=1), "libX11.so.6"),
        (finished(), "it said nothing"),
    ],
)
def test_however_the_probe_ends_there_is_an_answer(monkeypatch, run, said):
    monkeypatch.setattr(doctor.subprocess, "run", run)
    monkeypatch.setattr(doctor.drivers, "devices", lambda: (lavapipe("25.0.7"),))
    found = doctor._rendering()
    assert found.ok == (said is None)
    assert found.required
    assert said is None or (said in found.value and found.remedy)


def test_a_probe_that_hangs_is_given_up(monkeypatch):
    def hang(*_, **__):
        raise subprocess.TimeoutExpired("probe", 1)

    monkeypatch.setattr(doctor.subprocess, "run", hang)
    assert "not drawn within" in doctor._probe()["error"]


@pytest.mark.parametrize(("version", "ok"), [("22.3.6", False), ("24.2.8", False), ("24.3.0", True), ("25.0.7", True)])
def test_old_software_vulkan_is_named_with_what_replaces_it(monkeypatch, version, ok):
    monkeypatch.setattr(doctor.drivers, "devices", lambda: (lavapipe(version),))
    monkeypatch.setattr(vulkan_packages, "distribution", lambda: DEBIAN_12)
    found = doctor._devices()
    assert found.ok == ok
    assert version in found.value
    assert ok or "bookworm-backports" in found.remedy


def test_a_variable_that_hides_the_drivers_is_the_first_suspect(monkeypatch):
    monkeypatch.setattr(doctor.drivers, "devices", lambda: ())
    monkeypatch.setenv("VK_ICD_FILENAMES", "/nowhere.json")
    assert doctor._devices().remedy == "unset VK_ICD_FILENAMES"


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (DEBIAN_12, "-t bookworm-backports mesa-vulkan-drivers"),
        ({"ID": "debian", "VERSION_ID": "13"}, "apt-get install -y mesa-vulkan-drivers"),
        ({"ID": "debian"}, "apt-get install -y mesa-vulkan-drivers"),  # testing and unstable name no version
        ({"ID": "ubuntu", "VERSION_ID": "24.04"}, "apt-get install -y mesa-vulkan-drivers"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "apt-get install -y mesa-vulkan-drivers"),
        ({"ID": "debian", "VERSION_ID": "11"}, "use a distribution with Mesa 24.3"),
        ({"ID": "ubuntu", "VERSION_ID": "22.04"}, "use a distribution with Mesa 24.3"),
        ({"ID": "fedora", "VERSION_ID": "41"}, "dnf install"),
        ({"ID": "arch"}, "pacman"),
        ({}, "your package manager"),
    ],
)
def test_the_remedy_fits_the_distribution(system, expected):
    assert expected in vulkan_packages.software_vulkan(system)


def test_remedies_use_sudo_only_where_needed(monkeypatch):
    monkeypatch.setattr(vulkan_packages.os, "geteuid", lambda: 1000)
    assert "sudo apt-get install" in vulkan_packages.software_vulkan(DEBIAN_12)
    assert "| sudo tee" in vulkan_packages.software_vulkan(DEBIAN_12)
    monkeypatch.setattr(vulkan_packages.os, "geteuid", lambda: 0)
    assert "sudo" not in vulkan_packages.software_vulkan(DEBIAN_12)


def test_os_release_is_read_with_its_quotes(tmp_path):
    file = tmp_path / "os-release"
    file.write_text('# a comment\nID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n\n')
    assert vulkan_packages.distribution(file)["VERSION_ID"] == "12"
    assert vulkan_packages.distribution(tmp_path / "nowhere") == {}


def test_a_pack_that_is_not_installed_is_optional(monkeypatch, tmp_path):
    monkeypatch.setenv("VLAGEN_ASSETS", str(tmp_path))
    found = doctor._pack("bridge")
    assert (found.ok, found.required) == (False, False)
    assert "vlagen assets install bridge" in found.remedy


def test_space_is_measured_where_the_packs_will_be(monkeypatch, tmp_path):
    monkeypatch.setenv("VLAGEN_ASSETS", str(tmp_path / "not" / "yet"))
    assert paths.existing(tmp_path / "not" / "yet") == tmp_path
    assert doctor._disk().what == "Free disk"


def test_looking_imports_neither_torch_nor_sapien():
    code = "import sys, vlagen_bench.diagnostics.doctor; print([m for m in ('torch', 'sapien', 'mani_skill') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.sim
def test_this_machine_draws():
    answer = doctor._probe()
    assert "error" not in answer, json.dumps(answer)
    assert doctor._usable_devices()


@pytest.mark.sim
def test_the_device_can_be_named_and_a_wrong_name_says_what_is_allowed(monkeypatch):
    from vlagen_bench.errors import RenderError
    from vlagen_bench.sim.vulkan import device

    monkeypatch.setenv("VLAGEN_RENDER_DEVICE", "")
    chosen = device.render_device.__wrapped__()
    monkeypatch.setenv("VLAGEN_RENDER_DEVICE", chosen.alias)
    assert device.render_device.__wrapped__() == chosen
    monkeypatch.setenv("VLAGEN_RENDER_DEVICE", "cuda:99")
    with pytest.raises(RenderError, match=r"VLAGEN_RENDER_DEVICE='cuda:99' .* Allowed: "):
        device.render_device.__wrapped__()
    monkeypatch.setattr(device.drivers, "devices", lambda: ())
    monkeypatch.setenv("VLAGEN_RENDER_DEVICE", "")
    with pytest.raises(RenderError, match="vlagen doctor"):
        device.render_device.__wrapped__()
