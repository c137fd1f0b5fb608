"""Compares a dataset of demonstrations as our reader gives it with what the library LeRobot reads, frame by frame.

Two environments are needed, since LeRobot pins other versions than this package: `write` runs in ours, `compare` in
LeRobot's. `scripts/lerobot_readback.sh` makes the second one and runs both.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

PLAIN = {
    "observation.state": "state",
    "action": "action",
    "action.executed": "executed",
    "is_label": "is_label",
    "is_noisy": "is_noisy",
}
LOSS = 6.0
"""levels that a pixel of a video may be off by on average; pictures in tables have to be the same"""


def write(dataset: str, file: str, episodes: int) -> None:
    """Stores the first episodes as our reader gives them."""
    from vlagen_bench.demonstrations.dataset import Dataset

    opened, arrays = Dataset(dataset), {}
    for number, shown in enumerate(opened.read(episodes=range(min(episodes, len(opened))))):
        mine = {name: getattr(shown, attribute) for name, attribute in PLAIN.items()}
        mine |= {f"observation.images.{camera}": pictures for camera, pictures in shown.images.items()}
        mine |= {f"privileged.{name}": values for name, values in shown.privileged.items()}
        arrays |= {f"{number}/{name}": value for name, value in mine.items()}
        arrays[f"{number}/task"] = np.array(shown.instruction)
    np.savez(file, **arrays)


def compare(dataset: str, file: str) -> int:
    """Reads the dataset by LeRobot, and compares every number and pixel; the exit code."""
    import importlib.metadata

    import torch
    from lerobot.datasets.lerobot_dataset import LeRobotDataset

    ours = np.load(file)
    episodes = sorted({int(name.partition("/")[0]) for name in ours.files})
    opened = LeRobotDataset(
        "local/demonstrations", root=Path(dataset).resolve(), tolerance_s=1e-4, video_backend="pyav"
    )
    frames, wrong, apart = 0, [], 0.0
    for number in episodes:
        names = [name.partition("/")[2] for name in ours.files if name.startswith(f"{number}/")]
        row = opened.meta.episodes[number]
        for step in range(row["length"]):
            item, frames = opened[row["dataset_from_index"] + step], frames + 1
            assert int(item["episode_index"]) == number and int(item["frame_index"]) == step
            for name in names:
                value = ours[f"{number}/{name}"]
                if name == "task":
                    same = item["task"] == str(value)
                elif name.startswith("observation.images."):
                    seen = np.round(item[name].numpy().transpose(1, 2, 0) * 255)
                    off = float(np.abs(seen - value[step]).mean())
                    apart = max(apart, off)
                    same = off <= (LOSS if name in opened.meta.video_keys else 0.0)
                else:
                    theirs = np.asarray(item[name]).reshape(-1)
                    same = np.array_equal(
                        theirs, np.asarray(value[step]).reshape(-1), equal_nan=value.dtype.kind == "f"
                    )
                if not same:
                    wrong.append(f"episode {number}, step {step}: {name}")
    chunked = LeRobotDataset(
        "local/demonstrations",
        root=Path(dataset).resolve(),
        video_backend="pyav",
        delta_timestamps={"action": [0.0, 0.2, 0.4, 0.6]},
    )
    batch = next(iter(torch.utils.data.DataLoader(chunked, batch_size=4, shuffle=False)))
    assert tuple(batch["action"].shape[:2]) == (4, 4), batch["action"].shape
    version = importlib.metadata.version("lerobot")
    print(
        f"LeRobot {version} with torch {torch.__version__}: {opened.num_episodes} episodes, {opened.num_frames} frames at "
        f"{opened.fps} Hz, {len(opened.meta.tasks)} tasks; compared {len(episodes)} episodes, {frames} frames, "
        f"{len(names)} columns: {len(wrong)} differ; pixels differ by {apart:.2f} levels at most on average of a picture."
    )
    for line in wrong[:10]:
        print(line, file=sys.stderr)
    return 1 if wrong else 0


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("write", "compare"))
    parser.add_argument("dataset")
    parser.add_argument("file")
    parser.add_argument("--episodes", type=int, default=20)
    given = parser.parse_args()
    if given.what == "compare":
        return compare(given.dataset, given.file)
    write(given.dataset, given.file, given.episodes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
