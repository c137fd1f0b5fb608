"""Where are a stranger's actions re-simulated? In clean processes with limits, which are sent numbers and send numbers."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from vlagen_bench import paths, specs
from vlagen_bench.leaderboard import limits
from vlagen_bench.leaderboard.limits import Refused
from vlagen_bench.leaderboard.plain import parse, shown
from vlagen_bench.leaderboard.streams import actions_to_bytes
from vlagen_bench.nouns import Task
from vlagen_bench.replay import Again, Comparison, compare
from vlagen_bench.sim.robot_files import urdf_path
from vlagen_bench.strict import build
from vlagen_bench.takes import Take
