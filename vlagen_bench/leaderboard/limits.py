"""The size limits of a submission, each with its reason, and the error for a refused one."""

from vlagen_bench.errors import VlagenError


class Refused(VlagenError):
    """A submission is damaged, forged or incomplete; one sentence says where, and what belongs there."""


KIB, MIB = 1 << 10, 1 << 20

ARCHIVE_BYTES = 64 * MIB
"""the paper's suite takes 8.5 MB with noise for actions; the largest suite here has twice its episodes"""
DIRECTORY_BYTES = 4 * KIB
"""of the zip's directory; six members take 400 bytes, and a long directory would cost memory before it is looked at"""
MANIFEST_BYTES = 16 * KIB
HEADER_BYTES = 256 * KIB
"""twice what a header takes whose policy has a thousand source files; without them it has a few kilobytes"""
CARD_BYTES = 16 * KIB
"""some pages of text"""
RECORD_BYTES = 16 * KIB
"""of one episode's line; the longest seen has 3"""
ATTEMPTS_SHARE = 1.05
"""attempts at a run's episodes, for each episode. Who repeats only what goes badly gains at most this share of episodes: 5
points, less than a suite's interval. Machinery that fails more often is to be mended, and the run made again"""
ATTEMPTS_AT_ONE = 3
"""attempts at one episode"""
JSON_DEPTH = 16
"""an episode's values are four levels deep"""
INTEGER = 1 << 63
"""no number in a run comes near; a longer one cannot become a float"""
MESSAGE_CHARS = 600
"""of a refusal, which quotes what was submitted"""
XZ_MEMORY_BYTES = 128 * MIB
"""to unpack what xz packs at its highest preset takes 65"""

SANDBOX_EPISODES = 64
"""re-simulated by one process: its start, a second, is shared by as many"""
SANDBOX_START_S = 120
SANDBOX_EPISODE_S = 30
"""processor and wall time; an episode of 80 steps takes about half a second of one core here"""
SANDBOX_MEMORY_BYTES = 8 * 1024 * MIB
"""of address space, most of which SAPIEN only reserves; it is resident with 0.5 GB"""
SANDBOX_FILES = 256
SANDBOX_OUTPUT_BYTES = 256 * KIB
"""of one episode's answer, 20 characters a state"""
