"""Films: what is written in their frames, and how their files are laid out."""

import struct

import imageio.v2 as imageio
import numpy as np
import pytest

from vlagen_bench.plan import catalog
from vlagen_bench.plan.plan import sample
from vlagen_bench.report.html import films
from vlagen_bench.runs.film_frames import caption_px, film_frames, region_of
from vlagen_bench.runs.video import VideoWriter
from vlagen_bench.types import EpisodeResult
from vlagen_bench.utils import contact_sheet

EPISODE = sample(catalog.task("tabletop_put_on"), "lighting_l3", index=2, seed=0)[0]
FPS = 5


def result(outcome="failure"):
    return EpisodeResult(
        episode=EPISODE, outcome=outcome, success_once=False, success_at_end=False, steps=3, metrics={}, timings={}, error=None
    )  # fmt: skip


def shots(number=4, **sizes):
    """Pictures that get brighter, the cameras in tints of their own."""
    tints = ((1, 0, 0), (0, 0, 1))
    return [
        {
            name: np.full((height, width, 3), 60 + 40 * place, np.uint8) * np.array(tint, np.uint8)
            for (name, (width, height)), tint in zip(sizes.items(), tints, strict=False)
        }
        for place in range(number)
    ]


def frames_of(path):
    with imageio.get_reader(path) as opened:
        return [np.asarray(frame) for frame in opened]


def boxes(content):
    """The names of an mp4's outermost boxes, in order: each has its length and its name first (ISO/IEC 14496-12)."""
    names, at = [], 0
    while at < len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        names.append(name.decode())
        at += length
    return names


@pytest.fixture
def film(tmp_path):
    def made(some, outcome="failure"):
        VideoWriter(tmp_path, "all", FPS).write(result(outcome), some)
        return tmp_path / f"lighting_l3-0002-{EPISODE.id}.mp4"

    return made


def test_what_describes_a_film_stands_before_its_pictures(film):
    """So that a browser plays it while it loads."""
    names = boxes(film(shots(front=(64, 64))).read_bytes())
    assert {"ftyp", "moov", "mdat"} <= set(names) and names.index("moov") < names.index("mdat")


@pytest.mark.parametrize(
    "sizes",
    [
        {"front": (256, 256)},
        {"front": (256, 256), "wrist": (128, 128)},
        {"front": (64, 48), "wrist": (33, 31)},
        {"front": (641, 481)},
        {"front": (224, 224), "wrist": (448, 448)},
    ],
)
def test_every_camera_is_in_a_film_and_the_primary_one_where_it_says(film, sizes):
    path = film(shots(**sizes))
    region, frames = region_of(path), frames_of(path)
    assert len(frames) == 4 + FPS and region.held == FPS and region.height_px >= 256
    for place, frame in enumerate(frames):
        value = 60 + 40 * min(place, 3)
        front = frame[region.top_px :, : region.width_px][: region.height_px]
        assert front[4:-4, 4:-4].reshape(-1, 3).mean(axis=0) == pytest.approx((value, 0, 0), abs=12)
        beside = frame[region.top_px :, region.width_px :][: region.height_px]
        assert bool(beside.shape[1]) == ("wrist" in sizes)
        if "wrist" in sizes:
            assert beside[4:-4, 4:-4].reshape(-1, 3).mean(axis=0) == pytest.approx((0, 0, value), abs=12)


@pytest.fixture
def written(monkeypatch):
    """The lines of text in each band of a film, in order."""
    bands = []
    from vlagen_bench.runs import film_frames as module

    write = contact_sheet.write
    monkeypatch.setattr(
        module, "write", lambda draw, at, lines, *rest, **look: bands.append(lines) or write(draw, at, lines, *rest, **look)
    )  # fmt: skip
    return bands


def test_condition_step_instruction_and_outcome_are_written(written):
    instruction = "put the carrot on the plate"
    frames, region = film_frames(
        shots(3, front=(256, 256)), condition="lighting_l3", instruction=instruction, outcome="failure", held=5
    )
    assert written == [
        ["lighting_l3", "step 0 of 2"],
        ["lighting_l3", "step 1 of 2"],
        ["lighting_l3", "step 2 of 2: failure"],
        [instruction],
    ]
    assert len(frames) == 3 + 5 and all((frame == frames[-1]).all() for frame in frames[2:])
    assert (frames[0][: region.top_px] == 255).any(), "white on black"


def test_long_names_are_written_whole_and_all_frames_have_one_even_size(written):
    condition = "distractor_receptacle_l5+observation_delay_l5+object_position_l5+receptacle_reposition_l5"
    frames, _ = film_frames(
        shots(3, front=(255, 255)), condition=condition, instruction="x " * 200, outcome="error", held=0
    )
    assert len({frame.shape for frame in frames}) == 1 and all(side % 2 == 0 for side in frames[0].shape[:2])
    assert "".join(written[0]).replace(" ", "").startswith(condition)


def test_the_page_shows_the_primary_picture_without_texts(film):
    pictures = films._pictures(film(shots(front=(256, 256), wrist=(128, 128))), "unused")
    assert [time for time, _ in pictures] == [0.0, 0.2, 0.4, 0.6], "the outcome's second is not repeated"
    for place, (_, picture) in enumerate(pictures):
        assert picture.size == (256, 256)
        assert np.asarray(picture).reshape(-1, 3).mean(axis=0) == pytest.approx((60 + 40 * place, 0, 0), abs=12)


def test_a_film_of_the_first_release_is_cut_by_its_caption(tmp_path):
    text = "failure: go"
    frame = np.full((64 + caption_px(text, 64), 64, 3), 128, np.uint8)
    imageio.mimwrite(tmp_path / "old.mp4", [frame] * 3, fps=FPS, macro_block_size=2)
    assert region_of(tmp_path / "old.mp4") is None
    assert {picture.size for _, picture in films._pictures(tmp_path / "old.mp4", text)} == {(64, 64)}


def test_only_what_is_wanted_is_filmed(tmp_path):
    VideoWriter(tmp_path, "failures", FPS).write(result("success"), shots(front=(64, 64)))
    VideoWriter(tmp_path, "all", FPS).write(result("error"), [])
    assert not list(tmp_path.iterdir())
