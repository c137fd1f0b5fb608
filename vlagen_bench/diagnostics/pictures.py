"""The pictures of the tabletop in README and documentation, drawn again: `python -m vlagen_bench.diagnostics.pictures`."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from vlagen_bench.plan import catalog, plan
from vlagen_bench.policies.expert.policy import Expert
from vlagen_bench.scenes.cameras import CameraChoice
from vlagen_bench.sim.simulator import Simulator
from vlagen_bench.utils.smooth_text import put

TASK = "tabletop_put_on"
CHANGES = {
    "nominal": "nominal",
    "lighting_l5": "lighting, level 5",
    "table_test": "unseen table",
    "camera_pose_l5": "camera pose, level 5",
    "clutter_l5": "clutter, level 5",
    "coloured_light_l5": "coloured light, level 5",
    "occlusion_l3": "occlusion, level 3",
    "object_test": "unseen object",
    "robot_colour_l5": "robot colour, level 5",
    "sensor_noise_l3": "sensor noise, level 3",
}
"""condition -> what is written under its picture"""
INDICES = (0, 5, 2, 9, 4, 1, 7, 3, 8, 6)
"""the episode of each, so that objects and tables differ"""
REACHED = 9
"""the step that is shown: the gripper is about to close"""
STEPS = (0, 7, 12, 18, 24)
GAP_PX, CAPTION_PX, FONT_PX = 6, 24, 15


def changes(width_px: int = 320, columns: int = 5) -> Image.Image:
    """One picture for each of `CHANGES`, while the expert reaches for the object."""
    task = catalog.task(TASK)
    sim = Simulator.of(task, cameras=CameraChoice.of(Simulator.of(task, drawn=False).spec, image_size=width_px))
    tiles = []
    for (condition, caption), index in zip(CHANGES.items(), INDICES, strict=True):
        *_, seen = played(sim, condition, index, (REACHED,))
        tiles.append((caption, seen["front"]))
    return _tiled(tiles, columns)


def strip(width_px: int = 320) -> Image.Image:
    """An episode of the expert as both cameras see it: front above, wrist below."""
    task = catalog.task(TASK)
    spec = Simulator.of(task, drawn=False).spec
    choice = CameraChoice.of(spec, cameras=("wrist",), image_size={"front": width_px, "wrist": width_px})
    seen = list(played(Simulator.of(task, cameras=choice), "nominal", 0, STEPS))
    front = [(f"front, step {step}", images["front"]) for step, images in zip(STEPS, seen, strict=False)]
    wrist = [(f"wrist, step {step}", images["wrist"]) for step, images in zip(STEPS, seen, strict=False)]
    return _tiled([*front, *wrist], len(front))


def played(sim: Simulator, condition: str, index: int, steps: tuple[int, ...]) -> Iterator[dict[str, np.ndarray]]:
    """The pictures by camera after these steps of the expert, or at the end where it is done before."""
    episode = plan.sample(catalog.task(TASK), condition, index=index, seed=0)[0]
    status, expert = sim.reset(episode), Expert()
    expert.attach(sim)
    expert.reset([episode.id])
    for step in range(max(steps) + 1):
        if step in steps or status.success:
            yield dict(sim.observe()["images"])
        if status.success:
            return
        seen = {"state": sim.robot_state(), "episode_id": episode.id}
        status = sim.advance(expert.act(seen, sim.instruction))


def _tiled(tiles: list[tuple[str, np.ndarray]], columns: int) -> Image.Image:
    height_px, width_px = tiles[0][1].shape[:2]
    across, down = width_px + GAP_PX, height_px + CAPTION_PX
    sheet = Image.new("RGB", (columns * across - GAP_PX, -(-len(tiles) // columns) * down), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=FONT_PX)
    for number, (caption, picture) in enumerate(tiles):
        left, top = number % columns * across, number // columns * down
        sheet.paste(Image.fromarray(picture), (left, top))
        put(draw, (left + 2, top + height_px + 2), caption, fill="#222222", font=font)
    return sheet


def main() -> None:
    """Writes `axes.jpg` and `tabletop.jpg` into the folder that is named."""
    parser = argparse.ArgumentParser(description="Draws the tabletop's pictures of README and documentation.")
    parser.add_argument("--out", type=Path, default=Path("docs/images"), help="folder (default: docs/images)")
    out = parser.parse_args().out
    for name, picture in (("axes", changes()), ("tabletop", strip())):
        picture.save(out / f"{name}.jpg", quality=88)
        print(f"Written: {out / name}.jpg")


if __name__ == "__main__":
    main()
