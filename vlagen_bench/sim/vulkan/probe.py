"""The rendering probe: draws a box, and prints JSON: `python -m vlagen_bench.sim.vulkan.probe`.

A program of its own because SAPIEN may end the whole process where a driver is missing or broken.
"""

import json
import sys
import time

import numpy as np
import sapien

from vlagen_bench.errors import RenderError
from vlagen_bench.sim.vulkan import device, shaders

_SIZE_PX = 64


def draw() -> np.ndarray:
    """A red box before an empty background: uint8 (H, W, 3)."""
    sapien.render.set_camera_shader_dir(str(shaders.folder("minimal")))
    scene = sapien.Scene([sapien.physx.PhysxCpuSystem(), device.new_render_system()])
    scene.set_ambient_light([0.5, 0.5, 0.5])
    builder = scene.create_actor_builder()
    builder.add_box_visual(half_size=[0.1, 0.1, 0.1], material=[1.0, 0.0, 0.0])
    builder.build_kinematic(name="box")
    camera = scene.add_camera("probe", _SIZE_PX, _SIZE_PX, fovy=1.0, near=0.01, far=10.0)
    camera.entity.set_pose(sapien.Pose([-0.6, 0.0, 0.0]))
    scene.update_render()
    camera.take_picture()
    return (camera.get_picture("Color")[..., :3] * 255).clip(0, 255).astype(np.uint8)


def shows_the_box(image: np.ndarray) -> bool:
    """Whether the middle is red and the corner, where nothing is, is not."""
    middle, corner = image[_SIZE_PX // 2, _SIZE_PX // 2].astype(int), image[0, 0].astype(int)
    return bool(middle[0] > 50 + middle[1:].max() and corner[0] < 50 + corner[1:].max())


def main() -> int:
    """Prints one line of JSON, `device` and `seconds` or `error`; exit code 0 only if it drew."""
    start = time.monotonic()
    try:
        answer: dict[str, object] = {"device": device.describe(), "software": device.render_device().software}
        if not shows_the_box(draw()):
            answer["error"] = f"{device.describe()} drew an image that does not show the scene."
    except RenderError as error:
        answer = {"error": str(error).removesuffix(device.DOCTOR).strip()}
    print(json.dumps(answer | {"seconds": round(time.monotonic() - start, 2)}))
    return 1 if "error" in answer else 0


if __name__ == "__main__":
    sys.exit(main())
