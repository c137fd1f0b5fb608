"""The shaders that draw the pictures: SAPIEN's packs `minimal` and `default`, without needless work.

No pixel changes, but for shadows.

* Light of surroundings. No scene here has an environment map, so it is zero. But for its sake every process computes a
  table before its first picture, 512 x 512 values of 1,024 samples each, which takes a core 5 to 8 s where software
  draws, and every pixel looks up the table and the surroundings.
* Soft shadows are a mean over 3 x 3 texels, which a coarse map makes wide: 4 readings a pixel, where SAPIEN takes 25. Only
  pixels that face the light ask for it, and what is beyond a shadow's map is lit: SAPIEN shades it like the map's rim.
* `default` lights every pixel, those where nothing is too, fills five pictures that nobody reads, and draws lines and
  points, of which there are none.
"""

import hashlib
import re
from functools import cache, partial
from pathlib import Path
from typing import Literal

import sapien
import sapien.render

from vlagen_bench.errors import RenderError
from vlagen_bench.utils import installing, paths

ShaderPack = Literal["minimal", "default"]

SOURCE = Path(sapien.__file__).parent / "vulkan_shader"
SHARED = "common"
"""what its files include"""
SHADOW = """
    if (any(greaterThan(abs(projCoord - vec3(0.5f)), vec3(0.5f)))) {
        return 1.0f;
    }
    vec4 across = vec4(1.0f - grad.x, 1.0f, 1.0f, grad.x) / 3.0f;
    vec4 down = vec4(1.0f - grad.y, 1.0f, 1.0f, grad.y) / 3.0f;
    for (int row = 0; row < 4; row += 2) {
        for (int column = 0; column < 4; column += 2) {
            vec2 texel = vec2(column - 1, row - 1);
            vec4 depth = textureGather(shadowTex, projCoord.xy + filterSize * texel * searchUV);
            vec4 lit = vec4(greaterThanEqual(depth, vec4(projCoord.z)));
            shadow += down[row] * (across[column] * lit.w + across[column + 1] * lit.z)
                + down[row + 1] * (across[column] * lit.x + across[column + 1] * lit.y);
        }
    }
    return shadow;
"""
"""the mean over a square of 3 x 3 texels, which slides smoothly; how wide it is, the size of the map says"""
_SAMPLERS = (r"^layout\(.*\) uniform \w+ (samplerEnvironment|samplerBRDFLUT);\n?", "", 2)
_TABLE = (r"texture\(samplerBRDFLUT, vec2\([^()]*\)\)", "vec4(0)", 1)


def _surroundings(times: int) -> tuple[str, str, int]:
    return (r"textureLod\(samplerEnvironment, [^()]*\)", "vec4(0)", times)


FACING = (
    r"^    float visibility = ShadowMapPCF\(\n        samplerDirectionalLightDepths",
    r"    float visibility = dot(normal, lightDir) >= 0 ? 0 : ShadowMapPCF(\n        samplerDirectionalLightDepths",
    1,
)
_EMPTY = """\\g<0>
  if (depth == 1) {
    outLighting = vec4(sceneBuffer.ambientLight.rgb, 0.f);
    return;
  }
"""
EDITS: dict[ShaderPack, dict[str, tuple[tuple[str, str, int], ...]]] = {
    "minimal": {
        "gbuffer.frag": (_SAMPLERS, _surroundings(3), _TABLE, FACING),
        "composite0.frag": (_SAMPLERS, _surroundings(1)),
    },
    "default": {
        "scene_set.glsl": (_SAMPLERS,),
        "gbuffer.frag": (
            (r"^layout\(location = 5\) out vec4 outCustom;\n", "", 1),
            (r"^layout\(location = 6\) out vec4 outEmission;", "layout(location = 5) out vec4 outEmission;", 1),
            (r"^  outCustom = .*;\n", "", 1),
        ),
        "deferred.frag": (
            _surroundings(3),
            _TABLE,
            (r"^layout\(set = 2, binding = 6\) uniform sampler2D samplerCustom;\n", "", 1),
            (r"^  float depth = texture\(samplerGbufferDepth, inUV\)\.x;\n", _EMPTY, 1),
        ),
        "gbuffer1.frag": (_surroundings(2), _TABLE),
        "composite0.frag": (
            (r"^layout\(location = [1-4]\) out .*;\n", "", 4),
            (r"^  (outDepthLinear\.x|outSegmentationView[01]|outPosition|vec3 position|uvec2 seg) = .*;\n", "", 6),
            (r"^layout\(set = 0, binding = [1-7]\) uniform .*;\n", "", 7),
            (r"^  vec4 (line|point)Color = .*\n  if .*\n.*\n  \}\n", "", 2),
        ),
    },
}
"""pack -> file in it -> what is found in it, what comes instead, how often"""
SHADOWS: dict[ShaderPack, int] = {"minimal": 3, "default": 1}
"""pack -> how many lights of a scene may cast shadows: SAPIEN refuses to draw more"""
FORMATS: dict[ShaderPack, dict[str, str]] = {
    "minimal": {"Color": "r8g8b8a8unorm", "PositionSegmentation": "r16g16b16a16sint"},
    "default": {"Color": "r32g32b32a32sfloat"},
}
UNUSED: dict[ShaderPack, tuple[str, ...]] = {"minimal": (), "default": ("line", "point")}
"""pack -> passes that draw what no scene here has"""
SHADOW_EDIT = (r"^\tfor \(int i = 0; i < PCF_SampleCount; i\+\+\)\s*\{(.*\n)*?  \}\n", SHADOW, 1)
"""in `SHARED`/shadow.glsl, likewise"""


def use(pack: ShaderPack) -> None:
    """Lets cameras that are made from now on draw with a pack, in the formats of ManiSkill 3.0.1 (render/shaders.py)."""
    sapien.render.set_camera_shader_dir(str(folder(pack)))
    for name, form in FORMATS[pack].items():
        sapien.render.set_picture_format(name, form)


@cache
def folder(pack: ShaderPack) -> Path:
    """The shaders, as `sapien.render.set_camera_shader_dir` takes them; made once, then found in the cache.

    Raises:
        RenderError: the installed SAPIEN's shaders differ from the known ones.
    """
    texts = {
        f"{part}/{path.name}": path.read_text(encoding="utf-8")
        for part in (SHARED, pack)
        for path in sorted((SOURCE / part).iterdir())
        if path.stem not in UNUSED[pack]
    }
    edits = {f"{pack}/{name}": edits for name, edits in EDITS[pack].items()}
    edits[f"{SHARED}/shadow.glsl"] = (SHADOW_EDIT,)
    texts |= {name: _edited(name, texts.get(name, ""), edits[name]) for name in edits}
    key = hashlib.sha256(repr(texts).encode()).hexdigest()[:12]
    return paths.made_once(paths.cache_dir() / "shaders" / key, partial(_write, texts)) / pack


def _edited(name: str, text: str, edits: tuple[tuple[str, str, int], ...]) -> str:
    for pattern, instead, times in edits:
        text, replaced = re.subn(pattern, instead, text, flags=re.MULTILINE)
        if replaced != times:
            raise RenderError(
                f"SAPIEN {sapien.__version__} has another shader {name} than 3.0.3, for which this release is made. "
                f"Run: {installing.packages('sapien==3.0.3')}"
            )
    return text


def _write(texts: dict[str, str], staging: Path) -> None:
    for name, text in texts.items():
        (staging / name).parent.mkdir(exist_ok=True)
        (staging / name).write_text(text, encoding="utf-8")
