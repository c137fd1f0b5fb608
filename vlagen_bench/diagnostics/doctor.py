"""The checks of `vlagen doctor`: what this machine lacks, and the command that installs it; changes nothing."""

import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from vlagen_bench.diagnostics import vulkan_packages
from vlagen_bench.errors import ConfigError, VlagenError
from vlagen_bench.packs import manifest
from vlagen_bench.sim.vulkan import drivers
from vlagen_bench.utils import installing, paths
from vlagen_bench.utils.tables import NumberTable

_PROBE_LIMIT_S = 120
_MEMORY_GB, _DISK_GB = 2.0, 1.0
"""Under these, a run with one worker (under 1 GB) and its videos becomes tight."""


@dataclass(frozen=True, kw_only=True)
class MachineCheck:
    """One thing that was looked at."""

    what: str
    value: str
    ok: bool
    remedy: str | None = None
    required: bool = True


def examine() -> list[MachineCheck]:
    """Looks at everything; the drawing of a real image, in a process of its own, takes a few seconds."""
    return [
        _python(),
        *(_package(name) for name in ("torch", "sapien", "mani_skill", "gymnasium")),
        _nvidia(),
        _loader(),
        _devices(),
        _rendering(),
        *(_pack(name) for name in manifest.names()),
        _memory(),
        *_home(),
        _disk(),
        _ffmpeg(),
    ]


def healthy(findings: list[MachineCheck]) -> bool:
    """Whether the benchmark can run: all that is required is there, a rendered image included."""
    return all(finding.ok for finding in findings if finding.required)


def run(console: Console) -> int:
    """Prints what `examine` finds and the remedies; the exit code of `vlagen doctor`."""
    with console.status("Looking at this machine ..."):
        findings = examine()
    console.print(table(findings))
    for remedy in dict.fromkeys(finding.remedy for finding in findings if finding.remedy):
        repaired = ", ".join(finding.what for finding in findings if finding.remedy == remedy)
        console.print(f"\n{repaired}, to repair:", style="bold")
        # Unwrapped and without markup, so that it can be copied.
        console.print(f"  {remedy}", markup=False, highlight=False, soft_wrap=True)
    verdict = "can run the benchmark" if healthy(findings) else "cannot run the benchmark yet"
    console.print(f"\nThis machine {verdict}.", style="bold")
    return 0 if healthy(findings) else 1


def table(findings: list[MachineCheck]) -> NumberTable:
    """The findings, one a row."""
    grid = NumberTable().text("", "what", "found")
    grid.box, grid.pad_edge = None, False
    for finding in findings:
        mark, style = (
            ("ok", "green") if finding.ok else ("missing", "red") if finding.required else ("optional", "yellow")
        )
        grid.add_row(Text(mark, style=style), finding.what, finding.value)
    return grid


def _python() -> MachineCheck:
    version = sys.version_info
    return MachineCheck(
        what="Python",
        value=f"{version.major}.{version.minor}.{version.micro}",
        ok=version >= (3, 11),
        remedy=None if version >= (3, 11) else "make a virtual environment with Python 3.11 or 3.12",
    )


def _package(name: str) -> MachineCheck:
    """A package's version, without importing it: torch and mani_skill take seconds."""
    pinned = _pins().get(name)
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        version = None
    ok = version is not None and pinned in (None, version)
    wanted = f"{name}=={pinned}" if pinned else name
    return MachineCheck(
        what=name,
        value=version or "not installed",
        ok=ok,
        remedy=None if ok else installing.packages(wanted),
    )


def _pins() -> dict[str, str]:
    """The exact versions that vlagen_bench requires, by package."""
    try:
        required = importlib.metadata.requires("vlagen-bench") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    return {match[1]: match[2] for entry in required if (match := re.fullmatch(r"([\w-]+)==([\w.]+)", entry))}


def _nvidia() -> MachineCheck:
    try:
        asked = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return MachineCheck(what="NVIDIA GPU", value="none, and none is needed", ok=True, required=False)
    gpus = "; ".join(asked.stdout.strip().splitlines())
    if asked.returncode != 0:
        return MachineCheck(
            what="NVIDIA GPU", value="nvidia-smi finds none, and none is needed", ok=True, required=False
        )
    draws = any("NVIDIA" in device.driver for device in drivers.devices())
    return MachineCheck(
        what="NVIDIA GPU",
        value=gpus if draws else f"{gpus}, but it offers no Vulkan",
        ok=draws,
        remedy=None if draws else vulkan_packages.nvidia_vulkan(vulkan_packages.distribution()),
        required=False,
    )


def _loader() -> MachineCheck:
    present = drivers.loader() is not None
    return MachineCheck(
        what="Vulkan loader",
        value="libvulkan.so.1" if present else "not found",
        ok=present,
        remedy=None if present else _driver_remedy(),
    )


def _devices() -> MachineCheck:
    seen, usable = drivers.devices(), _usable_devices()
    value = "; ".join(device.label for device in seen) or "none"
    if seen and not usable:
        value += f": older than Mesa {'.'.join(map(str, drivers.OLDEST_MESA))}"
    return MachineCheck(
        what="Vulkan devices",
        value=value,
        ok=bool(usable),
        remedy=None if usable else _driver_remedy(),
    )


def _usable_devices() -> list[drivers.VulkanDevice]:
    return [device for device in drivers.devices() if not device.too_old]


def _driver_remedy() -> str:
    """What brings a Vulkan driver; a variable that hides the installed ones comes first."""
    hiding = [name for name in ("VK_DRIVER_FILES", "VK_ICD_FILENAMES") if os.environ.get(name)]
    if hiding and not drivers.devices():
        return f"unset {' '.join(hiding)}"
    return vulkan_packages.software_vulkan(vulkan_packages.distribution())


def _rendering() -> MachineCheck:
    """Whether an image could really be drawn."""
    answer = _probe()
    error = answer.get("error")
    value = str(error) if error else f"drew a test image with {answer['device']} in {answer['seconds']} s"
    if not error:
        remedy = None
    elif _usable_devices():
        remedy = f"see what it says: {sys.executable} -m vlagen_bench.sim.vulkan.probe"
    else:
        remedy = _driver_remedy()
    return MachineCheck(what="Rendering", value=value, ok=not error, remedy=remedy)


def _probe() -> dict[str, object]:
    """The answer of the render probe; `error` says how it ended if it gave none."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "vlagen_bench.sim.vulkan.probe"],
            capture_output=True,
            text=True,
            timeout=_PROBE_LIMIT_S,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"the test image was not drawn within {_PROBE_LIMIT_S} s"}
    if done.returncode < 0:
        return {"error": f"SAPIEN ended with {signal.Signals(-done.returncode).name} while it drew the test image"}
    last = (done.stdout.strip().splitlines() or [""])[-1]
    try:
        return json.loads(last)
    except json.JSONDecodeError:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        return {"error": f"the test image was not drawn: {said}"}


def _pack(name: str) -> MachineCheck:
    pack = manifest.load(name)
    required = not pack.sources  # shipped packs must be whole; the others are the user's choice
    repair = f"vlagen assets install {name}" if pack.sources else installing.again()
    try:
        checked = manifest.check(pack, manifest.folder(name))
    except VlagenError:
        return MachineCheck(what=f"Pack {name}", value="not installed", ok=False, remedy=repair, required=required)
    counts = (
        (len(checked.missing), "missing"),
        (len(checked.wrong), "with other content"),
        (len(checked.stand_ins), "stand-ins for upstream files"),
    )
    faults = ", ".join(f"{count} {what}" for count, what in counts if count)
    value = f"{len(pack.files)} files" + (f", of them {faults}" if faults else "")
    return MachineCheck(
        what=f"Pack {name}", value=value, ok=checked.ok, remedy=None if checked.ok else repair, required=required
    )


def _memory() -> MachineCheck:
    free = _available_gb()
    if free is None:
        return MachineCheck(what="Free memory", value="unknown", ok=True, required=False)
    tight = f"close other programs: one worker needs 1 GB, and {_MEMORY_GB:.0f} GB free is comfortable"
    return MachineCheck(
        what="Free memory",
        value=f"{free:.1f} GB",
        ok=free >= _MEMORY_GB,
        remedy=None if free >= _MEMORY_GB else tight,
        required=False,
    )


def _available_gb() -> float | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="utf-8")
    except OSError:
        return None
    match = re.search(r"MemAvailable:\s+(\d+) kB", text)
    return int(match.group(1)) / 1e6 if match else None


def _home() -> list[MachineCheck]:
    """A finding where there is no place for what is installed and kept; the usual one needs no row."""
    try:
        paths.cache_dir(), paths.installed_assets_dir()
    except ConfigError as error:
        places = "export VLAGEN_CACHE=/tmp/vlagen/cache VLAGEN_ASSETS=/tmp/vlagen/assets"
        return [MachineCheck(what="Home folder", value=str(error).partition(",")[0], ok=False, remedy=places)]
    return []


def _disk() -> MachineCheck:
    """Space where runs go (the current folder) and where packs are installed; the smaller counts."""
    places = {Path.cwd()} if _home() else {Path.cwd(), paths.existing(paths.installed_assets_dir())}
    place, free = min(((p, shutil.disk_usage(p).free / 1e9) for p in places), key=lambda entry: entry[1])
    return MachineCheck(
        what="Free disk",
        value=f"{free:.1f} GB ({place})",
        ok=free >= _DISK_GB,
        remedy=None if free >= _DISK_GB else f"free some space in {place}: runs with videos need {_DISK_GB:.0f} GB",
        required=False,
    )


def _ffmpeg() -> MachineCheck:
    """The ffmpeg that writes videos; imageio-ffmpeg brings one, which is why none has to be installed."""
    try:
        import imageio_ffmpeg

        program = imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        remedy = installing.packages("imageio-ffmpeg")
        return MachineCheck(what="ffmpeg", value="not found", ok=False, remedy=remedy, required=False)
    return MachineCheck(what="ffmpeg", value=os.path.basename(program), ok=True, required=False)
