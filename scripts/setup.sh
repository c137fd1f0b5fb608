#!/usr/bin/env bash
# Makes this checkout run: .venv with pinned packages and, where no GPU driver can draw, software Vulkan.
#
#   bash scripts/setup.sh          what a run needs
#   bash scripts/setup.sh test     also what the tests need
#
# Needs git, Python 3.11 to 3.13 and, for system packages, apt with root or sudo. A second run finds its own stamp and
# does nothing. PYTHON=/path/to/python chooses another interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

extra=${1:-}
venv=.venv
stamp=$venv/setup${extra:+-$extra}.stamp

say() { printf '%s\n' "$*" >&2; }
die() { say "setup: $*"; exit 1; }

# A moved checkout or a changed pin makes the stamp stale: the environment holds absolute paths.
fingerprint() { { pwd; cat setup.cfg pyproject.toml constraints.txt scripts/setup.sh; } | sha256sum; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else die "root is needed for: $*   (run it as root, or install sudo, then start this script again)"
    fi
}

updated=
apt_install() {
    command -v apt-get >/dev/null || die "this system has no apt; install the equivalent of these packages, then start this script again: $*"
    if [ -z "$updated" ]; then
        as_root apt-get update -qq || die "apt-get update failed: see above."
        updated=1
    fi
    say "Installing system packages: $*"
    local log
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >"$log" 2>&1 </dev/null || {
        cat "$log" >&2
        die "apt-get could not install: $*"
    }
    rm "$log"
}

# The first interpreter that is new enough. 3.13 comes last: see python_packages.
find_python() {
    local candidate
    for candidate in "${PYTHON:-python3.11}" python3.11 python3.12 python3 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    die "no Python 3.11, 3.12 or 3.13 found. Install one (Debian, Ubuntu: apt-get install python3), or name it: PYTHON=/path/to/python bash scripts/setup.sh"
}

environment() {
    local python
    [ -x $venv/bin/python ] && $venv/bin/python -m pip --version >/dev/null 2>&1 && return
    python=$(find_python)
    say "Making $venv with $("$python" --version)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null && ! "$python" -c 'import virtualenv' 2>/dev/null; then
        # Debian and Ubuntu split venv off, one package for each version.
        apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    "$python" -m venv --clear $venv 2>/dev/null || "$python" -m virtualenv --clear --quiet $venv ||
        die "$python cannot make a virtual environment; install its venv module."
}

python_packages() {
    local quiet=-qq pip=("$venv/bin/python" -m pip --disable-pip-version-check install --no-compile)
    [ -t 2 ] && quiet=--progress-bar=on
    say "Installing Python packages (minutes the first time: PyTorch is large)"
    if $venv/bin/python -c 'import sys; sys.exit(sys.version_info >= (3, 13))'; then
        "${pip[@]}" $quiet -c constraints.txt -e ".${extra:+[$extra]}"
    else
        # mani_skill 3.0.1 asks for mplib 0.1.1, which has no wheel for Python 3.13. Only its motion-planning examples
        # use it, so it is left out: torch resolves its own dependencies, all others are the pinned list itself.
        "${pip[@]}" $quiet -c constraints.txt torch "setuptools>=77" &&
            "${pip[@]}" $quiet --no-deps -r <(grep -vE '^(mplib|toppra|#)' constraints.txt) &&
            "${pip[@]}" $quiet --no-deps --no-build-isolation -e .
    fi || die "the Python packages could not be installed: see above. Behind a proxy or mirror, set up pip for it first."
    # pip would compile on one core. Files that are no Python of this version (templates, examples) stay as they are.
    $venv/bin/python -m compileall -qq -j 0 "$($venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" || true
}

# A minimal system lacks libraries that sapien and opencv link to.
system_libraries() {
    $venv/bin/python -c 'import sapien, cv2' >/dev/null 2>&1 && return
    apt_install libx11-6 libxext6 libsm6 libgl1 libglib2.0-0
    $venv/bin/python -c 'import sapien, cv2' || die "sapien or opencv cannot be loaded: see above."
}

draws() { $venv/bin/python -m vlagen_bench.sim.vulkan.probe 2>/dev/null; }

software_vulkan() {
    local id='' version='' codename='' suite mirror key=/usr/share/keyrings/debian-archive-keyring.gpg
    if [ -r /etc/os-release ]; then
        # shellcheck source=/dev/null
        read -r id version codename < <(. /etc/os-release; echo "${ID:-} ${VERSION_ID:-} ${VERSION_CODENAME:-}")
    fi
    if [ "$id $version" != "debian 12" ]; then
        apt_install libvulkan1 mesa-vulkan-drivers
        return
    fi
    # Debian 12 has Mesa 22.3, which is too old for SAPIEN; its backports have 25.0. They come from the mirror that
    # this machine's own apt configuration names.
    suite=$codename-backports
    as_root apt-get update -qq || die "apt-get update failed: see above."
    updated=1
    # shellcheck disable=SC2016 # $(...) is apt's own notation
    if [ -z "$(apt-get indextargets 'Created-By: Packages' "Codename: $suite")" ]; then
        mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | sed -n 1p)
        [ -n "$mirror" ] || die "apt knows no mirror for $codename, so that $suite cannot be added; add it by hand and start again."
        [ -r $key ] && key="[signed-by=$key] " || key=
        say "Adding $suite, for a newer Mesa, to apt's sources"
        echo "deb $key$mirror $suite main" | as_root tee "/etc/apt/sources.list.d/$suite.list" >/dev/null
        as_root apt-get update -qq || die "apt-get update failed after $suite was added: see above."
    fi
    apt_install -t "$suite" libvulkan1 mesa-vulkan-drivers
}

rendering() {
    say "Drawing a test image"
    draws >/dev/null && return
    if command -v nvidia-smi >/dev/null && nvidia-smi >/dev/null 2>&1; then
        # The driver brings Vulkan itself; only the loader and what the driver's library links to may be missing.
        apt_install libvulkan1 libegl1 libxext6
        draws >/dev/null && return
        say "The NVIDIA driver offers no Vulkan here (in a container: start it with NVIDIA_DRIVER_CAPABILITIES=all); using software Vulkan."
    fi
    software_vulkan
    draws >/dev/null || die "no image could be drawn. $venv/bin/vlagen doctor says why."
}

# The tests open the written pages in a browser. Ubuntu has it as a snap only, which a container cannot run.
browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    if grep -qx 'ID=debian' /etc/os-release; then
        apt_install chromium
    else
        say "No Chromium here: the tests that open pages in a browser will be skipped. To run them, install it or Chrome."
    fi
}

if [ -x $venv/bin/python ] && [ "$(fingerprint)" = "$(cat "$stamp" 2>/dev/null)" ]; then
    exit 0
fi
command -v sha256sum >/dev/null || die "the command sha256sum is missing (package coreutils)."
environment
python_packages
system_libraries
rendering
if [ "$extra" = test ]; then browser; fi
fingerprint >"$stamp"
# What the tests need includes what a run needs.
fingerprint >"$venv/setup.stamp"
say "Ready: $venv/bin/vlagen-eval --help"
