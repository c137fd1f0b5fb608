"""The commands that install a Vulkan driver, by distribution; runs none of them."""

import os
import shlex
from pathlib import Path

_UPGRADE = "use a distribution with Mesa 24.3 or newer (Debian 12 or 13, Ubuntu 24.04), or an NVIDIA GPU"


def distribution(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """The entries of os-release (ID, VERSION_ID, VERSION_CODENAME, ...), empty where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): "".join(shlex.split(value)) for key, value in pairs}


def software_vulkan(system: dict[str, str]) -> str:
    """The command that installs Mesa's lavapipe 24.3 or newer, or a sentence where there is none."""
    name, version = system.get("ID", ""), _number(system.get("VERSION_ID", ""))
    if name == "debian" and 0 < version < 13:
        return _backports(system.get("VERSION_CODENAME", "")) if version >= 12 else _UPGRADE
    if name == "ubuntu" and 0 < version < 24:
        return _UPGRADE
    if name in ("debian", "ubuntu") or {"debian", "ubuntu"} & set(system.get("ID_LIKE", "").split()):
        return f"{_sudo()}apt-get update && {_sudo()}apt-get install -y mesa-vulkan-drivers libvulkan1"
    if name == "fedora":
        return f"{_sudo()}dnf install -y mesa-vulkan-drivers vulkan-loader"
    if name == "arch":
        return f"{_sudo()}pacman -S vulkan-swrast vulkan-icd-loader"
    return "install the Vulkan loader and Mesa's software driver (lavapipe) 24.3 or newer with your package manager"


def nvidia_vulkan(system: dict[str, str]) -> str:
    """What makes an NVIDIA GPU draw where its driver is there but its graphics part is not."""
    container = "in a container, start it with NVIDIA_DRIVER_CAPABILITIES=all"
    if {"debian", "ubuntu"} & {system.get("ID", ""), *system.get("ID_LIKE", "").split()}:
        return f"{_sudo()}apt-get install -y libvulkan1 libegl1 libxext6; {container}"
    return f"install the Vulkan loader and the driver's graphics libraries; {container}"


def _backports(codename: str) -> str:
    # Mesa in Debian 12 is 22.3. Where backports come from is what this machine's own apt configuration says.
    suite = f"{codename}-backports"
    mirror = f"$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: {codename}' | head -n 1)"
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    return (
        f'echo "deb [signed-by={key}] {mirror} {suite} main" | {_sudo()}tee /etc/apt/sources.list.d/{suite}.list && '
        f"{_sudo()}apt-get update && {_sudo()}apt-get install -y -t {suite} mesa-vulkan-drivers libvulkan1"
    )


def _sudo() -> str:
    return "" if os.geteuid() == 0 else "sudo "


def _number(version: str) -> int:
    major = version.split(".")[0]
    return int(major) if major.isdigit() else 0
