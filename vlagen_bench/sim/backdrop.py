"""Table, room and lights around the things of an episode, by calls that ManiSkill's scenes take, too."""

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
import sapien
from sapien import render

from vlagen_bench.scenes.base import SceneSpec
from vlagen_bench.scenes.verbs import Light, Vec3
from vlagen_bench.sim.pictures import read_bgr

TABLE_SIZE_M = (0.9, 1.3, 0.04)
DEEP_M = 0.2
"""half of what collides of a block to lie on: deeper than what is drawn, so that nothing pressed hard can slip through"""
UNDER_TOP_M = 0.001
PICTURE_M = 0.6
"""how much of the table its picture covers before it repeats"""
FLOOR_BELOW_TABLE_M = 0.75


def add_block(builder: Any, half_x_m: float, half_y_m: float) -> None:
    """Something to lie on, its top at the builder's origin."""
    builder.add_box_collision(sapien.Pose([0, 0, -DEEP_M]), half_size=[half_x_m, half_y_m, DEEP_M])


def add_table(builder: Any, *, drawn: bool) -> None:
    """A table, grey where no top is laid on it, its surface at the builder's origin."""
    half = [side / 2 for side in TABLE_SIZE_M]
    add_block(builder, half[0], half[1])
    if drawn:
        grey = render.RenderMaterial(base_color=[0.5, 0.5, 0.5, 1], roughness=0.7, specular=0.3)
        builder.add_box_visual(sapien.Pose([0, 0, -half[2] - UNDER_TOP_M]), half_size=half, material=grey)


def table_top(picture: str) -> render.RenderShapeTriangleMesh:
    """Two triangles with a picture that repeats in metres, which a box shape's own texture coordinates cannot do."""
    half_x, half_y = (side / 2 for side in TABLE_SIZE_M[:2])
    corners = np.array([(x, y, 0) for x in (-half_x, half_x) for y in (-half_y, half_y)], dtype=np.float32)
    triangles = np.array([[0, 2, 1], [1, 2, 3]], dtype=np.uint32)
    up = np.tile(np.array([[0, 0, 1]], dtype=np.float32), (4, 1))
    pixels = np.ascontiguousarray(cv2.cvtColor(read_bgr(picture), cv2.COLOR_BGR2RGBA))
    material = render.RenderMaterial(roughness=0.7, specular=0.3)
    # Mip levels, so that it does not flicker from afar.
    material.set_base_color_texture(render.RenderTexture2D(pixels, "R8G8B8A8Unorm", mipmap_levels=8, srgb=True))
    picture_uv = np.ascontiguousarray(corners[:, 1::-1] / PICTURE_M, dtype=np.float32)
    return render.RenderShapeTriangleMesh(corners, triangles, up, picture_uv, material)


def add_room(scene: Any, spec: SceneSpec) -> None:
    """A plain floor and a plain wall."""
    floor_z = spec.table_height_m - FLOOR_BELOW_TABLE_M
    for name, half, centre, colour in (
        ("floor", [4, 4, 0.01], [0, 0, floor_z], [0.42, 0.38, 0.34, 1]),
        ("wall", [0.01, 4, 2], [-1.6, 0, floor_z + 2], [0.72, 0.73, 0.70, 1]),
    ):
        builder = scene.create_actor_builder()
        material = render.RenderMaterial(base_color=colour, roughness=0.9, specular=0.1)
        builder.add_box_visual(half_size=half, material=material)
        builder.initial_pose = sapien.Pose(centre)
        builder.build_static(name=name)


def add_lights(scene: Any, ambient: Vec3, lights: Iterable[Light]) -> list[Any]:
    """Sets the ambient light, and adds the others; what the scene made of them."""
    scene.set_ambient_light(list(ambient))
    return [
        scene.add_directional_light(
            list(light.direction),
            list(light.colour),
            shadow=light.shadow,
            shadow_scale=0.9,
            shadow_near=-3.0,
            shadow_far=3.0,
            shadow_map_size=1024,
        )
        for light in lights
    ]
