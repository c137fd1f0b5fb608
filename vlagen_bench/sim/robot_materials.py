"""The robot's materials, and the blending of a colour into them."""

from dataclasses import dataclass

import numpy as np
from sapien import physx, render

from vlagen_bench.scenes.verbs import Vec3


@dataclass(frozen=True, kw_only=True)
class RobotPart:
    """A piece of the robot, and its material as it was loaded."""

    material: render.RenderMaterial
    colour: np.ndarray
    """linear rgba; where there is a texture, that is seen instead"""
    texture: render.RenderTexture2D | None

    def tint(self, colour: Vec3, ratio: float) -> None:
        """Blends a linear colour into the piece's own; 0: nothing of it is seen."""
        wanted = np.array([*colour, 1.0])
        self.material.base_color = self.colour * (1 - ratio) + wanted * ratio
        if self.texture is not None:
            self.material.base_color_texture = _blend(self.texture, wanted, ratio) if ratio else self.texture


@dataclass(frozen=True, kw_only=True)
class RobotMaterials:
    """All materials of a robot. Each robot that is loaded has its own, but textures are shared with the next."""

    parts: tuple[RobotPart, ...]

    @classmethod
    def of(cls, robot: physx.PhysxArticulation) -> "RobotMaterials":
        """The coat that a robot has on."""
        bodies = (link.entity.find_component_by_type(render.RenderBodyComponent) for link in robot.links)
        pieces = (part for body in bodies if body is not None for shape in body.render_shapes for part in shape.parts)
        materials = (piece.material for piece in pieces)
        return cls(
            parts=tuple(
                RobotPart(material=m, colour=np.array(m.base_color), texture=m.base_color_texture) for m in materials
            )
        )

    def tint(self, colour: Vec3, ratio: float) -> None:
        """Blends a linear colour into all of them; 1: it alone is seen."""
        for part in self.parts:
            part.tint(colour, ratio)


def _blend(texture: render.RenderTexture2D, wanted: np.ndarray, ratio: float) -> render.RenderTexture2D:
    own = texture.download().astype(np.float64) / 255
    # sRGB is close enough to the square of light for a mixture of paints.
    mixed = np.sqrt(own**2 * (1 - ratio) + wanted * ratio)
    pixels = np.ascontiguousarray(np.rint(mixed * 255).astype(np.uint8))
    return render.RenderTexture2D(pixels, "R8G8B8A8Unorm", srgb=True)
