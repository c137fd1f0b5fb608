"""The shaders that draw the pictures: SAPIEN's `minimal` ones, without work that changes no pixel.

* Light of surroundings. No scene here has an environment map, so it is zero. But for its sake every process computes a
  table before its first picture, 512 x 512 values of 1,024 samples each, which takes a core 5 to 8 s where software
  draws, and every pixel looks up the table and the surroundings.
* Soft shadows average 25 squares of 2 x 2 texels, which overlap: 9 of them have all 36 texels.
"""

import hashlib
import re
from functools import cache, partial
from pathlib import Path

import sapien

from vlagen_bench.errors import RenderError
from vlagen_bench.utils import installing, paths

SOURCE = Path(sapien.__file__).parent / "vulkan_shader"
FOLDER = "minimal"
"""ManiSkill's default, and so the official one (render/shaders.py)"""
SHARED = "common"
"""what its files include"""
SHADOW = """
    float lit[6][6];
    for (int row = 0; row < 6; row += 2) {
        for (int column = 0; column < 6; column += 2) {
            vec2 texel = vec2(column - 2, row - 2);
            vec4 depth = textureGather(shadowTex, projCoord.xy + filterSize * texel * searchUV);
            lit[row + 1][column] = depth.x < projCoord.z ? 0.0f : 1.0f;
            lit[row + 1][column + 1] = depth.y < projCoord.z ? 0.0f : 1.0f;
            lit[row][column + 1] = depth.z < projCoord.z ? 0.0f : 1.0f;
            lit[row][column] = depth.w < projCoord.z ? 0.0f : 1.0f;
        }
    }
    for (int row = 0; row < 5; row++) {
        for (int column = 0; column < 5; column++) {
            float above = mix(lit[row][column], lit[row][column + 1], grad.x);
            float below = mix(lit[row + 1][column], lit[row + 1][column + 1], grad.x);
            shadow += mix(above, below, grad.y);
        }
    }
"""
"""adds the same numbers in the same order as SAPIEN's loop, so that sums are rounded alike"""
EDITS = {
    f"{FOLDER}/gbuffer.frag": (
        (r"^layout\(.*\) uniform \w+ (samplerEnvironment|samplerBRDFLUT);\n", "", 2),
        (r"textureLod\(samplerEnvironment, [^()]*\)", "vec4(0)", 3),
        (r"texture\(samplerBRDFLUT, vec2\([^()]*\)\)", "vec4(0)", 1),
    ),
    f"{FOLDER}/composite0.frag": (
        (r"^layout\(.*\) uniform \w+ (samplerEnvironment|samplerBRDFLUT);\n", "", 2),
        (r"textureLod\(samplerEnvironment, [^()]*\)", "vec4(0)", 1),
    ),
    f"{SHARED}/shadow.glsl": ((r"^\tfor \(int i = 0; i < PCF_SampleCount; i\+\+\)\s*\{(.*\n)*?  \}\n", SHADOW, 1),),
}
"""file -> what is found in it, what comes instead, how often"""


@cache
def folder() -> Path:
    """The shaders, as `sapien.render.set_camera_shader_dir` takes them; made once, then found in the cache.

    Raises:
        RenderError: the installed SAPIEN's shaders differ from the known ones.
    """
    texts = {
        f"{part}/{path.name}": path.read_text(encoding="utf-8")
        for part in (SHARED, FOLDER)
        for path in sorted((SOURCE / part).iterdir())
    }
    texts |= {name: _edited(name, texts.get(name, "")) for name in EDITS}
    key = hashlib.sha256(repr(texts).encode()).hexdigest()[:12]
    return paths.made_once(paths.cache_dir() / "shaders" / key, partial(_write, texts)) / FOLDER


def _edited(name: str, text: str) -> str:
    for pattern, instead, times in EDITS[name]:
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
