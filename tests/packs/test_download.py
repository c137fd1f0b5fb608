"""Do downloads end with exactly the right files, or with a sentence? Asked of a real server that misbehaves on demand."""

import contextlib
import errno
import io
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from rich.console import Console

from helpers.fake_pack import MESH, OTHER, PHOTO, STAND_IN, bring, git_blob, manifest, sha256, ship
from helpers.fakes import wait_for
from vlagen_bench.errors import AssetError
from vlagen_bench.packs import install
from vlagen_bench.packs import manifest as packs
from vlagen_bench.packs.download import Limits

BIG = random.Random(0).randbytes(300_000)
HALF = len(BIG) // 2
FILES = f"files: {{{MESH}: {git_blob(BIG)}, {PHOTO}: {sha256(OTHER)}}}"
QUICK = Limits(pause_s=0.01, timeout_s=1.0)


class Server(ThreadingHTTPServer):
    """Serves `content`; the next answers for a path are given by the functions in `faults`, then by `whole`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = {MESH: BIG, PHOTO: OTHER}
        self.faults = defaultdict(deque)
        self.asked = defaultdict(list)  # path -> the Range of each request
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Says nothing of clients that went away."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, path = self.server, unquote(self.path).removeprefix("/")
        server.asked[path].append(self.headers["Range"])
        answer = server.faults[path].popleft() if server.faults[path] else whole
        if path in server.content:
            answer(self, server.content[path])
        else:
            self.send_error(404)

    def head(self, status, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def log_message(self, *_):
        """Keeps quiet."""


def whole(handler, body):
    begin = int((handler.headers["Range"] or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
    rest = {"Content_Range": f"bytes {begin}-{len(body) - 1}/{len(body)}"} if handler.headers["Range"] else {}
    if begin >= len(body):
        return handler.head(416, Content_Length=0)
    handler.head(206 if rest else 200, Content_Length=len(body) - begin, **rest)
    handler.wfile.write(body[begin:])


def without_ranges(handler, body):
    handler.head(200, Content_Length=len(body))
    handler.wfile.write(body)


def without_length(handler, body):
    handler.head(200)
    handler.wfile.write(body)


def truncated(handler, body):
    handler.head(200, Content_Length=len(body))
    handler.wfile.write(body[: len(body) // 2])


def reset(handler, body):
    truncated(handler, body)
    time.sleep(0.05)  # what has not been read when the reset comes is lost
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def hanging(handler, body):
    truncated(handler, body)
    handler.wfile.flush()
    handler.server.released.wait(60)


def silent(handler, body):
    handler.server.released.wait(60)


def trickling(handler, body):
    handler.head(200, Content_Length=len(body))
    for byte in body:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def broken_chunks(handler, body):
    handler.head(200, Transfer_Encoding="chunked")
    handler.wfile.write(b"5\r\nhello\r\nnonsense\r\n")


def wrong(handler, body):
    handler.head(200, Content_Length=5)
    handler.wfile.write(b"wrong")


def another_part(handler, body):
    handler.head(206, Content_Length=10, Content_Range=f"bytes 0-9/{len(body)}")
    handler.wfile.write(body[:10])


def huge(handler, body):
    handler.head(200, Content_Length=10**12)
    handler.wfile.write(body)


def endless(handler, body):
    handler.head(200)
    while True:
        handler.wfile.write(body)


def status(code, **headers):
    return lambda handler, body: handler.head(code, Content_Length=0, **headers)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.released.set()
        running.shutdown()


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Where the pack `tiny`, with a big mesh, is going to be."""
    ship(tmp_path, monkeypatch, manifest(files=FILES))
    monkeypatch.setenv("VLAGEN_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "installed" / "tiny"
    packs.load.cache_clear()


@pytest.fixture
def kept(tmp_path):
    """Where what has arrived waits for the rest."""
    return tmp_path / "cache" / "downloads" / "tiny"


def get(server, limits=QUICK):
    return install.install("tiny", None, mirror=server.url, limits=limits)


def part_of(kept, content=BIG[:HALF]):
    part = kept / f"{MESH}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)
    return part


def assert_installed(home):
    assert {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()} == {MESH, PHOTO}
    assert (home / MESH).read_bytes() == BIG and (home / PHOTO).read_bytes() == OTHER
    assert os.listdir(home.parent) == ["tiny"]


def test_a_mirror_has_the_layout_of_the_pack(home, kept, server):
    assert get(server) == packs.Check(missing=(), wrong=(), stand_ins=())
    assert_installed(home)
    assert server.asked == {MESH: [None], PHOTO: [None]}
    assert not kept.exists()


def test_upstream_is_where_the_manifest_says(home, tmp_path, monkeypatch, server):
    address = f'files_url: "{server.url}/raw/{{revision}}/{{path}}"'
    sources = (
        f"{{prefix: objects, repository: far/away, revision: v1, path: some/where, licence: MIT, {address}}}, "
        f'{{prefix: tables, repository: far/away, revision: 0a1b, path: ".", licence: MIT, {address}}}'
    )
    ship(tmp_path, monkeypatch, manifest(files=FILES, sources=f"sources: [{sources}]"))
    upstream = {"raw/v1/some/where/red cup/visual.glb": BIG, "raw/0a1b/001.png": OTHER}
    server.content = upstream
    assert install.install("tiny", None, limits=QUICK).ok
    assert_installed(home)
    assert set(server.asked) == set(upstream)


@pytest.mark.parametrize(
    ("path", "url"),
    [
        (
            "rl4vla/more_carrot/010_toy bear_1/textured.glb",
            "gen-robot/RL4VLA/55f966d/ManiSkill/mani_skill/assets/carrot/more_carrot/010_toy%20bear_1/textured.glb",
        ),
        ("widowx250s/wx250s.urdf", "haosulab/ManiSkill-WidowX250S/v0.2.0/wx250s.urdf"),
    ],
)
def test_every_file_of_the_bridge_pack_has_an_address(path, url):
    pack = packs.load("bridge")
    urls = {path: install._url(pack, path, None) for path in pack.files}
    assert urls[path].startswith("https://") and urls[path].endswith(f"/{url}")
    assert not [url for url in urls.values() if " " in url or "{" in url or "/./" in url]
    assert install._url(pack, path, "http://host/a/") == f"http://host/a/{quote(path)}"


@pytest.mark.parametrize("fault", [truncated, reset, hanging])
def test_a_connection_that_breaks_in_the_middle_is_resumed(home, server, fault):
    server.faults[MESH] = deque([fault])
    assert get(server).ok
    assert_installed(home)
    first, second = server.asked[MESH]
    begin = int(second.removeprefix("bytes=").removesuffix("-"))
    assert first is None and 0 < begin <= HALF and (fault is reset or begin == HALF)


@pytest.mark.parametrize(
    "fault",
    [
        status(500),
        status(503),
        status(429, Retry_After="0"),
        status(429, Retry_After="tomorrow"),
        silent,
        broken_chunks,
    ],
)
def test_what_may_pass_is_tried_again(home, server, fault):
    server.faults[MESH] = deque([fault, fault])
    assert get(server).ok
    assert_installed(home)


def test_a_server_is_given_the_time_it_asks_for(home, server):
    server.faults[MESH] = deque([status(429, Retry_After="1")])
    begin = time.monotonic()
    assert get(server).ok
    assert time.monotonic() - begin >= 1


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (truncated, r"connection closed after \d+ of 300000 bytes"),
        (status(500), "500 Internal Server Error"),
        (silent, "no answer for 0.3 s"),
        (broken_chunks, "connection dropped|nonsense"),
        (trickling, "slower than 1000 bytes/s"),
    ],
)
def test_what_does_not_pass_is_reported_after_the_stated_number_of_tries(home, server, fault, why):
    server.faults[MESH] = deque([fault] * 3)
    limits = Limits(pause_s=0.01, timeout_s=0.3, tries=2)
    with pytest.raises(AssetError, match=rf"1 of 2 files .*{MESH} \({why}.*, tried 2 times\)"):
        get(server, limits)
    assert len(server.asked[MESH]) == 2
    assert os.listdir(home.parent) == []


def test_a_server_without_ranges_starts_over(home, kept, server):
    part_of(kept)
    server.faults[MESH] = deque([without_ranges])
    assert get(server).ok
    assert_installed(home)
    assert server.asked[MESH] == [f"bytes={HALF}-"]


def test_a_server_that_names_no_length_is_fine(home, server):
    server.faults[MESH] = deque([without_length])
    assert get(server).ok
    assert_installed(home)


def test_a_server_that_sends_another_part_is_asked_again_for_everything(home, kept, server):
    part_of(kept)
    server.faults[MESH] = deque([another_part])
    assert get(server).ok
    assert_installed(home)
    assert server.asked[MESH] == [f"bytes={HALF}-", None]


@pytest.mark.parametrize("content", [b"stale" * 10, BIG + b"too long"])
def test_a_part_of_something_else_is_fetched_anew(home, kept, server, content):
    part_of(kept, content)
    assert get(server).ok
    assert_installed(home)
    assert server.asked[MESH] == [f"bytes={len(content)}-", None]


def test_a_part_that_is_whole_is_not_fetched(home, kept, server):
    part_of(kept, BIG)
    assert get(server).ok
    assert server.asked == {PHOTO: [None]}


def test_wrong_content_is_fetched_once_more(home, server):
    server.faults[MESH] = deque([wrong])
    assert get(server).ok
    assert_installed(home)
    assert server.asked[MESH] == [None, None]


def test_content_that_stays_wrong_is_reported_and_not_kept(home, kept, server):
    server.faults[MESH] = deque([wrong] * 9)
    with pytest.raises(AssetError, match=rf"1 of 2 files .*{MESH} \(wrong hash\).*Nothing was installed"):
        get(server)
    assert len(server.asked[MESH]) == 2
    assert [path.name for path in kept.rglob("*") if path.is_file()] == ["001.png"]


def test_stand_ins_are_not_accepted_from_a_server(home, server):
    server.content[MESH] = STAND_IN
    with pytest.raises(AssetError, match="wrong hash"):
        get(server)


def test_what_a_server_does_not_have_is_asked_for_once(home, server):
    del server.content[MESH]
    with pytest.raises(AssetError, match=rf"1 of 2 files .*{MESH} \(404 Not Found\).*--mirror URL.*--from DIR"):
        get(server)
    assert server.asked[MESH] == [None]
    assert os.listdir(home.parent) == []


def test_what_has_arrived_is_not_fetched_again(home, kept, server):
    del server.content[MESH]
    with pytest.raises(AssetError, match="404"):
        get(server)
    assert (kept / PHOTO).read_bytes() == OTHER
    server.content[MESH] = BIG
    assert get(server).ok
    assert_installed(home)
    assert server.asked == {MESH: [None, None], PHOTO: [None]}


def test_of_many_failures_a_few_are_named_and_the_rest_counted(home, tmp_path, monkeypatch, server):
    files = ", ".join(f"f{i}: {'a' * 63}{i}" for i in range(8))
    ship(tmp_path, monkeypatch, manifest(files=f"files: {{{files}}}", stand_ins="stand_ins: {}"))
    with pytest.raises(AssetError, match=r"8 of 8 files .*: (f\d \(404 Not Found\), ){4}f\d .* and 3 more\. Nothing"):
        get(server)


def test_a_server_that_fails_again_and_again_is_given_up(home, tmp_path, monkeypatch, server):
    names = [f"f{i}" for i in range(30)]
    files = ", ".join(f"{name}: {'a' * 62}{i}" for i, name in enumerate(names, start=10))
    ship(tmp_path, monkeypatch, manifest(files=f"files: {{{files}}}", stand_ins="stand_ins: {}"))
    server.content = dict.fromkeys(names, b"x")
    server.faults = defaultdict(deque, {name: deque([status(503)] * 9) for name in names})
    with pytest.raises(AssetError, match=r"30 of 30 files .*503 Service Unavailable, tried 1 times"):
        get(server, Limits(connections=2, tries=1))
    assert len(server.asked) < 6


@pytest.mark.parametrize("fault", [huge, endless])
def test_files_have_a_limit(home, kept, server, fault):
    server.faults[MESH] = deque([fault])
    with pytest.raises(AssetError, match=r"larger than 0.954 MiB"):
        get(server, Limits(size_bytes=1_000_000))
    assert not (kept / f"{MESH}.part").exists()


def test_redirects_are_followed_and_keep_the_range(home, kept, server):
    part_of(kept)
    server.content["else where"] = BIG
    server.faults[MESH] = deque([status(302, Location="/else%20where")])
    assert get(server).ok
    assert_installed(home)
    assert server.asked["else where"] == [f"bytes={HALF}-"]


@pytest.mark.parametrize("place", ["file:///etc/hostname", "ftp://127.0.0.1/x", "data:,x", "gopher://x"])
def test_redirects_to_anything_but_http_are_refused(home, server, place):
    server.faults[MESH] = deque([status(302, Location=place)])
    with pytest.raises(AssetError, match=r"302 Found, a redirect that is not followed"):
        get(server)


@pytest.mark.parametrize("place", ["http://[half", "http://127.0.0.1:nonsense/", "/red\tcup", "http://"])
def test_redirects_to_nonsense_are_faults_of_that_file(home, server, place):
    server.faults[MESH] = deque([status(302, Location=place)] * 9)
    with pytest.raises(AssetError, match="1 of 2 files"):
        get(server)


def test_endless_redirects_end(home, server):
    server.faults[MESH] = deque([status(302, Location=f"/{quote(MESH)}")] * 99)
    with pytest.raises(AssetError, match="302 Found"):
        get(server)


@pytest.mark.parametrize(
    "mirror",
    ["file:///tmp", "/tmp", "ftp://host/a", "http://", "https://me:secret@host/a", "http://host/a?b", "http://[half"],
)
def test_a_mirror_that_is_no_web_address_is_refused(home, mirror):
    with pytest.raises(AssetError, match=r"is no address of a mirror.*--from DIR"):
        install.install("tiny", None, mirror=mirror)


def test_a_folder_and_a_mirror_are_one_too_many(home, tmp_path):
    with pytest.raises(AssetError, match="name one of them"):
        install.install("tiny", tmp_path, mirror="http://127.0.0.1")


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
def test_without_a_connection_the_error_is_quick_and_names_the_host(home, host):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        begin = time.monotonic()
        with pytest.raises(AssetError, match=rf"{host} cannot be reached \(.*check the connection.*far/away at v1"):
            install.install("tiny", None, mirror=f"http://{host}:{unused.getsockname()[1]}")
    assert time.monotonic() - begin < 15


def test_a_connection_that_is_lost_later_is_a_fault_of_the_files(home, server):
    """Not the end of everything, as it is when nothing ever answered."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        server.faults[MESH] = deque([status(302, Location=away)] * 9)
        with pytest.raises(AssetError, match=r"1 of 2 files .*connection refused, tried 4 times"):
            get(server, Limits(pause_s=0.01))


def test_paths_that_leave_the_pack_are_refused(home, tmp_path, monkeypatch, server):
    ship(tmp_path, monkeypatch, manifest(files=f"files: {{../outside: {'0' * 63}a}}", stand_ins="stand_ins: {}"))
    with pytest.raises(AssetError, match=r"\.\./outside, which is no place in a pack"):
        get(server)
    assert not server.asked


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_sentence(home, kept, server):
    """A real write that fails for want of space: the file that grows is the device that never has any."""
    (kept / "objects" / "red cup").mkdir(parents=True)
    (kept / f"{MESH}.part").symlink_to("/dev/full")
    with pytest.raises(AssetError, match=r"the disk is full: .*VLAGEN_CACHE"):
        get(server)
    assert os.listdir(home.parent) == []
    (kept / f"{MESH}.part").unlink()
    assert get(server).ok
    assert_installed(home)


def test_a_full_disk_under_the_installs_keeps_the_download(home, kept, server, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(install.shutil, "copyfileobj", refuse)
        with pytest.raises(AssetError, match=r"the disk is full: .*VLAGEN_ASSETS"):
            get(server)
    assert os.listdir(home.parent) == []
    assert get(server).ok
    assert_installed(home)
    assert server.asked == {MESH: [None], PHOTO: [None]}


def test_a_cache_that_cannot_be_made_is_a_sentence(home, tmp_path, server):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(AssetError, match=r"cannot be installed in .*VLAGEN_CACHE"):
        get(server)


def test_a_complete_install_asks_for_nothing(home, server):
    get(server)
    before, server.asked = home.stat().st_ino, defaultdict(list)
    assert get(server).ok
    assert home.stat().st_ino == before and not server.asked


def test_only_what_is_damaged_or_a_stand_in_is_fetched(home, server):
    bring(home, mesh=STAND_IN)
    assert get(server).stand_ins == ()
    assert_installed(home)
    assert server.asked == {MESH: [None]}


def test_a_failed_download_keeps_what_was_there(home, server):
    bring(home, mesh=STAND_IN)
    del server.content[MESH]
    with pytest.raises(AssetError, match="404"):
        get(server)
    assert (home / MESH).read_bytes() == STAND_IN
    assert os.listdir(home.parent) == ["tiny"]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGINT])
def test_an_install_that_is_killed_is_resumed(home, kept, tmp_path, server, ending):
    server.faults[MESH] = deque([hanging])
    with process(tmp_path, server) as running:
        part = kept / f"{MESH}.part"
        # The other file has then gone all its way, too.
        wait_for(lambda: part.exists() and part.stat().st_size > 100_000 and (kept / PHOTO).exists())
        running.send_signal(ending)
        assert running.wait(60) != 0
    assert 100_000 < part.stat().st_size <= HALF
    left = list(home.parent.iterdir())
    assert [path.name[:6] for path in left] == ([".tiny-"] if ending == signal.SIGKILL else [])
    for path in left:
        os.utime(path, (0, 0))  # once it is old, the next install clears it away
    begin = part.stat().st_size
    assert get(server).ok
    assert_installed(home)
    assert server.asked == {MESH: [None, f"bytes={begin}-"], PHOTO: [None]}


def test_two_installs_at_once_fetch_each_file_once(home, tmp_path, server):
    server.faults[MESH] = deque([hanging])
    with process(tmp_path, server), ThreadPoolExecutor() as pool:
        wait_for(lambda: server.asked[MESH])
        output = Console(file=io.StringIO())
        second = pool.submit(install.install, "tiny", None, output, mirror=server.url, limits=QUICK)
        wait_for(lambda: "Waiting for another process" in output.file.getvalue())
        server.released.set()
        assert second.result(60).ok
    assert_installed(home)
    assert server.asked[PHOTO] == [None] and len(server.asked[MESH]) == 2


def test_progress_shows_files_and_bytes(home, server, monkeypatch, tmp_path):
    monkeypatch.setattr(install, "_QUIET_S", 0.0)
    with open(tmp_path / "screen", "w+") as screen:
        output = Console(file=screen, force_terminal=True, width=100)
        install.install("tiny", None, output, mirror=server.url, limits=QUICK)
        screen.seek(0)
        assert "2 of 2 files, 300.0 kB" in screen.read()


@contextlib.contextmanager
def process(tmp_path, server):
    """The same install in a process of its own."""
    code = (
        "import pathlib, signal, sys; from vlagen_bench.packs import install; from vlagen_bench.utils import paths; "
        "signal.signal(signal.SIGINT, signal.default_int_handler); "  # background jobs of a shell ignore it
        "paths.shipped_assets_dir = lambda: pathlib.Path(sys.argv[1]); install.install('tiny', None, mirror=sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "shipped"), server.url]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as running:
        yield running
