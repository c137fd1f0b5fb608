"""Downloads end with exactly the right files, or with a sentence, whatever the server does."""

import os
import time
from collections import defaultdict, deque
from urllib.parse import quote

import pytest

from helpers.fake_pack import MESH, OTHER, PHOTO, STAND_IN, manifest, ship
from helpers.faulty_server import (
    BIG,
    FILES,
    HALF,
    QUICK,
    another_part,
    assert_installed,
    broken_chunks,
    endless,
    get,
    hanging,
    huge,
    part_of,
    reset,
    silent,
    status,
    trickling,
    truncated,
    without_length,
    without_ranges,
    wrong,
)
from vlagen_bench.errors import AssetError
from vlagen_bench.packs import install
from vlagen_bench.packs import manifest as packs
from vlagen_bench.packs.download import DownloadLimits


def test_a_mirror_has_the_layout_of_the_pack(home, kept, server):
    assert get(server) == packs.PackCheck(missing=(), wrong=(), stand_ins=())
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
    limits = DownloadLimits(pause_s=0.01, timeout_s=0.3, tries=2)
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
def test_a_part_of_something_else_is_fetched_again(home, kept, server, content):
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
        get(server, DownloadLimits(connections=2, tries=1))
    assert len(server.asked) < 6


@pytest.mark.parametrize("fault", [huge, endless])
def test_files_have_a_limit(home, kept, server, fault):
    server.faults[MESH] = deque([fault])
    with pytest.raises(AssetError, match=r"larger than 0.954 MiB"):
        get(server, DownloadLimits(size_bytes=1_000_000))
    assert not (kept / f"{MESH}.part").exists()
