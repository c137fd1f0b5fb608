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

TABLE_X_M = (-0.47, 0.33)
TABLE_Y_M = (-0.55, 0.55)
"""where the table is, in the world; the robot stands behind it, on a pedestal of its own"""
TOP_M = 0.03
"""how thick its top is"""
CHAMFER_M = 0.004
LEG_M = 0.05
LIFTED_M = 0.2
"""how far its legs go on below the floor, for tables that are raised"""
DEEP_M = 0.2
"""half of what collides of a block to lie on: deeper than what is drawn, so that nothing pressed hard can slip through"""
FLOOR_BELOW_TABLE_M = 0.74
SHADOWED_M = 0.8
"""half of the square around the middle of the world in which lights cast shadows"""
RIM_TEXELS = 3
"""over how many texels of its map the shader blurs a shadow"""
BOOKS = (("#7d3b34", 0.24), ("#35556b", 0.27), ("#c7b58c", 0.22), ("#4d6149", 0.25), ("#6a4a63", 0.23))
"""colour and height (m)"""
Span = tuple[float, float]
ROOM_X_M, ROOM_Y_M = (-2.3, 3.0), (-2.6, 2.2)
"""where its walls are"""
ROOM_HIGH_M = 2.5


def _paint(colour: str, *, roughness: float = 0.8, specular: float = 0.2, metallic: float = 0.0) -> Any:
    """A material of one colour, given as sRGB `#rrggbb`."""
    srgb = np.array([int(colour[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return render.RenderMaterial(
        base_color=[*(srgb**2.2).tolist(), 1], roughness=roughness, specular=specular, metallic=metallic
    )


def add_block(builder: Any, half_x_m: float, half_y_m: float) -> None:
    """Something to lie on, its top at the builder's origin."""
    builder.add_box_collision(sapien.Pose([0, 0, -DEEP_M]), half_size=[half_x_m, half_y_m, DEEP_M])


def _box(builder: Any, x_m: Span, y_m: Span, z_m: Span, material: Any) -> None:
    """What is drawn of a box, given by where it begins and ends."""
    spans = (x_m, y_m, z_m)
    middle, half = [(low + high) / 2 for low, high in spans], [(high - low) / 2 for low, high in spans]
    builder.add_box_visual(sapien.Pose(middle), half_size=half, material=material)


def add_table(builder: Any, *, drawn: bool) -> None:
    """A table's frame and what collides of it, its surface at the height of the builder's origin.

    The builder's origin is the world's, but for the height. `table_top` is laid on it.
    """
    half = [(high - low) / 2 for low, high in (TABLE_X_M, TABLE_Y_M)]
    middle = [(low + high) / 2 for low, high in (TABLE_X_M, TABLE_Y_M)]
    builder.add_box_collision(sapien.Pose([*middle, -DEEP_M]), half_size=[*half, DEEP_M])
    if drawn:
        steel = _paint("#3d4043", roughness=0.5, specular=0.5)
        inset, under = 0.03, -TOP_M
        x, y = [(low + inset, high - inset) for low, high in (TABLE_X_M, TABLE_Y_M)]
        for leg_x in ((x[0], x[0] + LEG_M), (x[1] - LEG_M, x[1])):
            for leg_y in ((y[0], y[0] + LEG_M), (y[1] - LEG_M, y[1])):
                _box(builder, leg_x, leg_y, (-FLOOR_BELOW_TABLE_M - LIFTED_M, under), steel)
        for beam_y in ((y[0], y[0] + LEG_M), (y[1] - LEG_M, y[1])):
            _box(builder, x, beam_y, (under - LEG_M, under), steel)
        for beam_x in ((x[0], x[0] + LEG_M), (x[1] - LEG_M, x[1])):
            _box(builder, beam_x, y, (under - LEG_M, under), steel)


def table_top(picture: str, covers_m: float) -> render.RenderShapeTriangleMesh:
    """The board of a table, with a picture that repeats in metres, which a box shape's own texture coordinates cannot do.

    Args:
        picture: path of the picture.
        covers_m: edge of the square that it covers.
    """
    vertices, triangles, normals, along_m = _board()
    pixels = np.ascontiguousarray(cv2.cvtColor(read_bgr(picture), cv2.COLOR_BGR2RGBA))
    material = render.RenderMaterial(roughness=0.65, specular=0.3)
    # Mip levels, so that it does not flicker from afar.
    material.set_base_color_texture(render.RenderTexture2D(pixels, "R8G8B8A8Unorm", mipmap_levels=8, srgb=True))
    picture_uv = np.ascontiguousarray(along_m / covers_m, dtype=np.float32)
    return render.RenderShapeTriangleMesh(vertices, triangles, normals, picture_uv, material)


def _board() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The upper side of a board with a chamfer, and its four edges: vertices, triangles, normals, and metres along it."""
    (x0, x1), (y0, y1), c, low = TABLE_X_M, TABLE_Y_M, CHAMFER_M, -TOP_M
    rings = [
        np.array([(x0 + c, y0 + c, 0), (x1 - c, y0 + c, 0), (x1 - c, y1 - c, 0), (x0 + c, y1 - c, 0)]),
        np.array([(x0, y0, -c), (x1, y0, -c), (x1, y1, -c), (x0, y1, -c)]),
        np.array([(x0, y0, low), (x1, y0, low), (x1, y1, low), (x0, y1, low)]),
    ]
    quads = [(rings[0], np.array([0.0, 0.0, 1.0]))]
    for side, out in enumerate(((0, -1), (1, 0), (0, 1), (-1, 0))):
        ends = [side, (side + 1) % 4]
        for upper, lower, up in ((rings[0], rings[1], 1.0), (rings[1], rings[2], 0.0)):
            normal = np.array([*out, up]) / np.hypot(1.0, up)
            quads.append((np.array([lower[ends[0]], lower[ends[1]], upper[ends[1]], upper[ends[0]]]), normal))
    vertices = np.concatenate([quad for quad, _ in quads]).astype(np.float32)
    normals = np.repeat([normal for _, normal in quads], 4, axis=0).astype(np.float32)
    corners = np.arange(len(quads), dtype=np.uint32)[:, None] * 4
    triangles = np.concatenate([corners + [0, 1, 2], corners + [0, 2, 3]]).astype(np.uint32)
    # The picture goes on over the edge, as cloth and grain do.
    over = np.abs(normals[:, :2]) > np.abs(normals[:, 2:])
    along = vertices[:, :2] - vertices[:, 2:] * np.sign(normals[:, :2]) * over
    return vertices, triangles, normals, along[:, ::-1]


def add_room(scene: Any, spec: SceneSpec) -> None:
    """Floor, walls, and a few pieces far behind the robot."""
    builder = scene.create_actor_builder()
    builder.initial_pose = sapien.Pose([0, 0, spec.table_height_m - FLOOR_BELOW_TABLE_M])
    (back, _), (right, left), high = ROOM_X_M, ROOM_Y_M, (0.0, ROOM_HIGH_M)
    wall, skirting = _paint("#dedbd3"), _paint("#b3ada2")
    _box(builder, ROOM_X_M, ROOM_Y_M, (-0.02, 0.0), _paint("#98836b", roughness=0.6))
    _box(builder, (back - 0.05, back), ROOM_Y_M, high, wall)
    for side in (right, left):
        _box(builder, ROOM_X_M, (side - 0.025, side + 0.025), high, wall)
    _box(builder, (back, back + 0.02), ROOM_Y_M, (0.0, 0.12), skirting)
    _add_sideboard(builder, back)
    _box(builder, (back, back + 0.02), (0.25, 1.0), (1.05, 1.6), _paint("#3f444a"))
    _box(builder, (back + 0.02, back + 0.025), (0.28, 0.97), (1.08, 1.57), _paint("#c9d2cf"))
    builder.build_static(name="room")


def _add_sideboard(builder: Any, back_m: float) -> None:
    """A sideboard at the back wall, with books on it."""
    front_m, ends_m = back_m + 0.42, (-1.5, -0.3)
    _box(builder, (back_m, front_m), ends_m, (0.08, 0.75), _paint("#9c7750"))
    _box(builder, (back_m, front_m + 0.03), (ends_m[0] - 0.02, ends_m[1] + 0.02), (0.75, 0.78), _paint("#85643f"))
    for door in range(3):
        start_m = ends_m[0] + 0.02 + 0.395 * door
        _box(builder, (front_m, front_m + 0.015), (start_m, start_m + 0.375), (0.11, 0.72), _paint("#b08a60"))
    for number, (colour, tall_m) in enumerate(BOOKS):
        start_m = ends_m[0] + 0.2 + 0.045 * number
        where = ((back_m + 0.1, back_m + 0.28), (start_m, start_m + 0.04), (0.78, 0.78 + tall_m))
        _box(builder, *where, _paint(colour))


def add_pedestal(scene: Any, spec: SceneSpec) -> Any:
    """What the robot stands on, drawn only; it is as the scene makes it, its origin that of the robot's base."""
    builder = scene.create_actor_builder()
    plate, column = _paint("#2f3235", roughness=0.5, specular=0.5), _paint("#585c60", roughness=0.5, specular=0.5)
    _box(builder, (-0.17, 0.13), (-0.14, 0.14), (-0.012, 0.0), plate)
    _box(builder, (-0.12, 0.10), (-0.11, 0.11), (-FLOOR_BELOW_TABLE_M, -0.012), column)
    builder.initial_pose = sapien.Pose(list(spec.robot.base.p))
    return builder.build_kinematic(name="pedestal")


def add_lights(scene: Any, ambient: Vec3, lights: Iterable[Light]) -> list[Any]:
    """Sets the ambient light, and adds the others; what the scene made of them."""
    scene.set_ambient_light(list(ambient))
    return [
        scene.add_directional_light(
            list(light.direction),
            list(light.colour),
            shadow=light.shadow,
            shadow_scale=SHADOWED_M,
            shadow_near=-1.5,
            shadow_far=1.5,
            shadow_map_size=shadow_map_px(light.penumbra_m),
        )
        for light in lights
    ]


def shadow_map_px(penumbra_m: float) -> int:
    """How fine a shadow's map is whose rim is so wide: the shader averages over `RIM_TEXELS` of its texels."""
    return int(np.clip(round(RIM_TEXELS * 2 * SHADOWED_M / penumbra_m), 64, 2048))
