"""A run that nobody ran, of several levels of one axis."""

import json

import imageio.v2 as imageio
import numpy as np

from vlagen_bench.runs.film_frames import captioned

LADDER = ("nominal", "lighting_l1", "lighting_l3", "lighting_l5", "mass_l2", "object_test", "lighting_l3+object_test")


def by_rule(episode):
    """Clean episodes succeed; lighting costs all, mass half, the rest nothing."""
    if episode.condition.startswith("lighting_l"):
        return "failure"
    if episode.condition == "mass_l2":
        return "once" if episode.index % 2 else "success"
    return "success"


def edit(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def film(run, record, frames=20):
    """A film as of the first release, of an episode that gets brighter: 64x64 px and a caption."""
    (run / "videos").mkdir(exist_ok=True)
    path = run / "videos" / f"{record['condition']}-{record['index']:04d}-{record['id']}.mp4"
    planned = {one["id"]: one for one in json.loads((run / "plan.json").read_text())["episodes"]}
    text = f"{record['outcome']}: {planned[record['id']]['values']['instruction']['text']}"
    pictures = captioned([np.full((64, 64, 3), 10 * place, np.uint8) for place in range(frames)], text)
    imageio.mimwrite(path, pictures, fps=5, macro_block_size=2)
    return path


def failures(run):
    records = map(json.loads, (run / "episodes.jsonl").read_text().splitlines())
    return [record for record in records if record["outcome"] == "failure"]
